/**
 * What holds of random programs, whatever has happened to them: logs, replays and bodies as for all
 * that is killed (crash-audit.ts); and payloads, children, cancels and explanations (P1, P2, P4, P5).
 */
import { getRun } from "../../lib/api";
import type { Command } from "../../lib/contract/command";
import type { RunEvent } from "../../lib/contract/event";
import { RunState } from "../../lib/contract/run-state";
import { withoutVoids } from "../../lib/contract/voids";
import type { World } from "../../lib/contract/world";
import { createHostCodec } from "../../lib/engine/host-codec";
import { outcomeOf } from "../../lib/replay/replay";
import { RunContext } from "../../lib/replay/run-context";
import { testServices } from "../replay/world";
import { isReopened } from "./check-log";
import { auditFolder, type Folder, type Kill, readBodies, type StoredRun } from "./crash-audit";
import type { HookPlan, Program } from "./random-plan";
import type { Acknowledged, RandomSender } from "./random-sender";

/** A run that ends so long after a payload came has had every chance to take it; so does a turn last. */
const LONG_MS = 2_000;
/** Prefixes of each log that are replayed cold. */
const PREFIXES = 3;

const codec = createHostCodec();

interface Audited {
  dataDir: string;
  world: World;
  programs: readonly Program[];
  sender: RandomSender;
  kills: readonly Kill[];
  after: Folder;
}

export async function auditBatch(audited: Audited): Promise<string[]> {
  const { after, kills, dataDir, sender } = audited;
  const problems = auditFolder(after, kills, readBodies(dataDir));
  problems.push(...checkAnswers(after, sender), ...checkChildren(after));
  for (const [runId, run] of after) {
    problems.push(...checkPrefixes(run).map((problem) => `${runId}: ${problem}`));
    if (run.record.endedAt === undefined) problems.push(...(await checkReasons(audited, run)));
  }
  for (const each of sender.acknowledged) problems.push(...(await checkPayload(audited, each)));
  return problems;
}

/** In a log once; or waiting, or too late, and then in none. */
async function checkPayload(
  { after, world }: Audited,
  { payload, runId, at, isDelivered }: Acknowledged,
): Promise<string[]> {
  const isIt = (event: RunEvent) =>
    event.type === "hook_received" && codec.decode(event.payload) === payload;
  const logs = [...after.values()].map(eventsOf);
  const count = logs.flatMap((events) => events.filter(isIt)).length;
  if (count === 1) return [];
  if (count > 1) return [`${payload} is in the logs ${count} times`];
  const last = eventsOf(after.get(runId)!).at(-1)!;
  if (ENDS[last.type] !== undefined) {
    // A run that is over has forgotten what it had not taken. Its end has the time of its last turn.
    const ms = last.at - at;
    const isExcused = !isDelivered || ms < LONG_MS;
    return isExcused ? [] : [`${payload} is lost: ${runId} ended ${ms} ms later (P1)`];
  }
  const messages = await world.inbox.read(runId, 10_000);
  const isKept = messages.some(({ body }) => body.includes(payload));
  return isKept ? [] : [`${payload} is neither in the log nor in the inbox of ${runId} (P1)`];
}

/** A cancel holds, and takes those along that were started (P5); a retry is in the log. */
function checkAnswers(after: Folder, { cancelled, retried }: RandomSender): string[] {
  const problems: string[] = [];
  for (const runId of cancelled) {
    const status = after.get(runId)?.record.status;
    if (status !== "cancelled") problems.push(`${runId} was cancelled, and is ${status} (P5)`);
  }
  for (const runId of retried) {
    const count = eventsOf(after.get(runId)!).filter(isRetry).length;
    if (count !== 1) problems.push(`${runId} was retried, and its log says so ${count} times`);
  }
  for (const [runId, { record }] of after) {
    const { parent, endedAt } = record;
    const isOrphan = parent !== undefined && after.get(parent)?.record.status === "cancelled";
    if (isOrphan && endedAt === undefined) problems.push(`${runId} outlives its cancelled parent`);
  }
  return problems;
}

function isRetry({ type }: RunEvent): boolean {
  return type === "run_retried";
}

/** A step that starts a run has started one, however often it was tried. */
function checkChildren(after: Folder): string[] {
  const starts = [...after.values()].flatMap((run) => {
    const [created] = eventsOf(run);
    const parent = created?.type === "run_created" ? created.parent : undefined;
    return parent ? [`${parent.runId} ${parent.call}`] : [];
  });
  const isAgain = (start: string, index: number) => starts.indexOf(start) < index;
  return starts.filter(isAgain).map((start) => `${start} has started more than one run`);
}

/** Cold up to the end of some turn, and warm from there: the same end (P4). */
function checkPrefixes({ entries, bundle }: StoredRun): string[] {
  const events = withoutVoids(entries.map(({ event }) => event));
  if (isReopened(events)) return [];
  // What one turn has stored has one time.
  const ends = events.flatMap(({ at }, index) => (events[index + 1]?.at === at ? [] : [index + 1]));
  const stride = Math.max(1, Math.floor(ends.length / PREFIXES));
  return ends
    .filter((_, index) => index % stride === 0)
    .flatMap((length) => {
      const context = new RunContext({ bundle, services: testServices() });
      context.replay(events.slice(0, length));
      const later = events.slice(length);
      const asked = context.takeCommands().filter((command) => !isIn(later, command));
      for (const event of later) context.apply(event);
      const outcome = outcomeOf(context);
      const { trouble } = context;
      context.release();
      if (trouble) return [`cold up to ${length}: ${trouble.message}`];
      if (asked.length > 0) return [`cold up to ${length}: asks for ${JSON.stringify(asked)}`];
      const end = ENDS[events.at(-1)!.type] ?? "suspended";
      return outcome.status === end ? [] : [`cold up to ${length}: ${outcome.status}, not ${end}`];
    });
}

/** What led to a failure that is undone did not ask for what the code asked for after that. */
function isIn(later: readonly RunEvent[], command: Command): boolean {
  return later.some((event) => "call" in event && "call" in command && event.call === command.call);
}

const ENDS: Partial<Record<RunEvent["type"], string>> = {
  run_completed: "completed",
  run_failed: "failed",
  run_cancelled: "cancelled",
};

/** It says for what it waits, and that is not there (P2). */
async function checkReasons(
  { world, programs, after }: Audited,
  { record: { runId }, entries }: StoredRun,
): Promise<string[]> {
  const why = await getRun(runId, { world }).explain();
  const events = withoutVoids(entries.map(({ event }) => event));
  const state = new RunState();
  for (const event of events) state.note(event);
  const tokens = [...why.matchAll(/token "([^"]+)"/g)].map(([, token]) => token!);
  const children = [...why.matchAll(/the end of run "([^"]+)"/g)].map(([, id]) => id!);
  const hooks = new Map(programs.flatMap(({ hooks }) => hooks).map((hook) => [hook.name, hook]));
  const isMissing = (token: string) =>
    [...state.hooks].some(([call, own]) => own === token && isShort(hooks, events, call));
  const wrong = [
    ...tokens.filter((token) => !isMissing(token)),
    ...children.filter((id) => after.get(id)?.record.endedAt !== undefined || !after.has(id)),
  ];
  const isNothing = tokens.length + children.length === 0;
  if (wrong.length === 0 && !isNothing) return [];
  return [`${runId} says what is not so about ${wrong.join(", ") || "its wait"}: ${why} (P2)`];
}

/** The hook has got fewer payloads than its program wants. */
function isShort(
  hooks: ReadonlyMap<string, HookPlan>,
  events: readonly RunEvent[],
  call: string,
): boolean {
  const created = events.find((event) => event.type === "hook_created" && event.call === call);
  const name = created?.type === "hook_created" ? created.options.name : undefined;
  const isReceived = (event: RunEvent) => event.type === "hook_received" && event.call === call;
  const plan = hooks.get(name ?? "");
  return plan !== undefined && events.filter(isReceived).length < plan.takes;
}

function eventsOf({ entries }: StoredRun): RunEvent[] {
  return entries.map(({ event }) => event);
}
