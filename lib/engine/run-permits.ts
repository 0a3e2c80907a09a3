/**
 * How many runs of a workflow go on at once, in all processes together, where the workflow says so:
 * `workflow.concurrency = 2`. The others stay pending, and cost nothing while they wait.
 *
 * - RP1 A run gets a permit before its code is called, and has it until it is over, whatever becomes of
 *   processes meanwhile. One that is retried needs a permit again.
 * - RP2 Ahead of that its end is told to give the permit back, so that none is left behind. Whoever was
 *   over before it entered gives it back itself.
 * - RP3 The end of a run calls the next one in line, by a message. It is called until it has entered.
 * - RP4 Limits change with deploys, and a world may lose what it has not promised to keep. So each
 *   process looks after the lines now and then: it calls anew, and puts out runs that are over.
 */
import { WorkflowRuntimeError } from "../contract/error";
import { writeFollowUp } from "../contract/follow-up";
import { writeMessage } from "../contract/message";
import type { Called, Permits, RunInLine } from "../contract/permits";
import { findRecord } from "../contract/registry";
import { TERMINAL } from "../contract/run";
import type { RunState } from "../contract/run-state";
import type { World } from "../contract/world";
import type { EngineParts } from "./engine-parts";
import { type Patience, untilAnswered } from "./until-answered";

export interface PermitParts {
  world: World;
  patience: Patience;
}

/** Of what is to happen at the end of a run. */
const PERMIT = "permit";
/** Ends no wait: the run only looks again. */
const CALL = writeMessage({ type: "wake", calls: [] });
/** Runs whose permits are looked after at once. */
const LOOKED_AFTER = 20;
/** How long a run waits until it looks by itself whether it is still in line. */
const LOOK_AGAIN_MS = 3_600_000;

/** Null if it may begin; else when somebody has to look at it again, unless it is called before. */
export async function takePermit(
  runId: string,
  { workflow, position, deadline, startedAt, isReopened }: RunState,
  parts: Pick<EngineParts, "world" | "patience" | "clock">,
): Promise<{ dueAt: number | null } | null> {
  const { world, clock } = parts;
  const { permits, followUps, dispatch } = world;
  if (!permits || (startedAt !== undefined && !isReopened)) return null;
  const limit = limitOf(workflow);
  // One whose time is over ends as soon as it begins.
  if (limit === Infinity || (deadline !== undefined && clock.now() >= deadline)) return null;
  const body = writeFollowUp({ type: "give_permit", name: workflow });
  const { status } = await ask(parts, () => followUps.atEnd(runId, PERMIT, body));
  if (status !== "kept") return { dueAt: null };
  // crash here: at its end the run gives back what it does not have.
  const isIn = await ask(parts, () => permits.enter(workflow, limit, { runId, position }));
  // crash here: whoever claims the run next finds that it has its permit, or its place in line.
  if (isIn) return (await isLive(runId, parts)) ? null : giveUpOver(runId, workflow, parts);
  // Where all is in one place, what is in line is in line.
  const lookAgainAt = dispatch.leaseMs === Infinity ? Infinity : clock.now() + LOOK_AGAIN_MS;
  const dueAt = Math.min(deadline ?? Infinity, lookAgainAt);
  return { dueAt: dueAt === Infinity ? null : dueAt };
}

/** What the end of a run is followed by: its permit is the next one's. */
export async function givePermitBack(
  runId: string,
  name: string,
  parts: PermitParts,
): Promise<void> {
  const { permits, runs, followUps } = parts.world;
  if (!permits) return;
  const record = await ask(parts, () => runs.get(runId));
  if (record && !TERMINAL.has(record.status)) {
    // It was retried, and will end again.
    const body = writeFollowUp({ type: "give_permit", name });
    const { status } = await ask(parts, () => followUps.atEnd(runId, PERMIT, body));
    return status === "kept" ? undefined : givePermitBack(runId, name, parts);
  }
  const position = record?.position ?? Number.MAX_SAFE_INTEGER;
  await leaveLine(name, { runId, position }, permits, parts);
}

/** RP4. */
export async function lookAfterLines(parts: PermitParts): Promise<void> {
  const { permits } = parts.world;
  if (!permits) return;
  for (const name of await permits.lines()) {
    for (const runId of await permits.holders(name, LOOKED_AFTER)) {
      if (!(await isLive(runId, parts))) await givePermitBack(runId, name, parts);
    }
    const limit = knownLimitOf(name);
    const called = await permits.admit(name, limit);
    await callRuns(name, called, parts);
    if (limit !== Infinity) continue;
    // They need none any more, and will not enter.
    const position = Number.MAX_SAFE_INTEGER;
    for (const { runId } of called) await leaveLine(name, { runId, position }, permits, parts);
  }
}

async function giveUpOver(runId: string, name: string, parts: PermitParts) {
  await givePermitBack(runId, name, parts);
  return { dueAt: null };
}

async function leaveLine(name: string, run: RunInLine, permits: Permits, parts: PermitParts) {
  const called = await ask(parts, () => permits.leave(name, run));
  // crash here: they are called by whoever does the same follow-up again, or looks after the line.
  await callRuns(name, called, parts);
}

async function callRuns(name: string, called: readonly Called[], parts: PermitParts) {
  const { inbox } = parts.world;
  for (const { runId, number } of called) {
    const message = { id: `${PERMIT} ${number}`, body: CALL };
    const { status } = await ask(parts, () => inbox.send(runId, message));
    // It was over before it was called, and has told so to a line in which it was not yet.
    if (status === "over" || status === "not_found") await givePermitBack(runId, name, parts);
  }
}

async function isLive(runId: string, parts: PermitParts): Promise<boolean> {
  const record = await ask(parts, () => parts.world.runs.get(runId));
  return record !== null && !TERMINAL.has(record.status);
}

function ask<T>({ patience }: PermitParts, call: () => Promise<T>): Promise<T> {
  return untilAnswered(call, "keep the limit of a workflow", patience);
}

/** Infinity if it has none; throws what the run is parked for. */
function limitOf(workflow: string): number {
  const limit = findRecord(workflow)?.fn.concurrency ?? Infinity;
  if (isLimit(limit)) return limit;
  const shown = typeof limit === "string" ? JSON.stringify(limit) : String(limit);
  throw new WorkflowRuntimeError(
    "WORKFLOW_OPTION_INVALID",
    `\`concurrency\` of workflow "${workflow}" is ${shown}, and must be a whole number from 1`,
  );
}

/** Undefined where that workflow is not known, or says something else. */
function knownLimitOf(workflow: string): number | undefined {
  const record = findRecord(workflow);
  if (record?.kind !== "workflow") return undefined;
  const { concurrency = Infinity } = record.fn;
  return isLimit(concurrency) ? concurrency : undefined;
}

function isLimit(value: unknown): value is number {
  return value === Infinity || (Number.isInteger(value) && (value as number) >= 1);
}
