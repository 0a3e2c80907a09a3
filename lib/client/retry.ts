/**
 * Lets a run go on that has stopped: one that failed, from its failed step; one that is parked, on
 * the code it has or on that of today.
 */
import { randomUUID } from "node:crypto";
import {
  EntityConflictError,
  NotCompiledError,
  WorkflowRunNotFoundError,
  WorkflowRuntimeError,
} from "../contract/error";
import type { HookCreated, RunEvent, RunRetried } from "../contract/event";
import { writeMessage } from "../contract/message";
import { type RunRecord, TERMINAL } from "../contract/run";
import { RunState } from "../contract/run-state";
import { maskToken, runIdOfToken } from "../contract/token";
import { voidsOf, withoutVoids } from "../contract/voids";
import type { HookRecord, ReopenOutcome, World } from "../contract/world";
import { writeBundle } from "../engine/bundle-store";
import { getApp } from "../runtime/current";
import { inboxFull } from "./send-payload";
import { readLog } from "./read-state";

export interface RetryOptions {
  /** `pinned`, unless it is given: the code that the run was started with. */
  code?: "pinned" | "latest";
}

export async function retryRun(world: World, runId: string, options: RetryOptions): Promise<void> {
  const { code = "pinned" } = options;
  if (code !== "pinned" && code !== "latest") {
    const message = '`code` must be "pinned" or "latest"';
    throw new WorkflowRuntimeError("RETRY_OPTION_INVALID", message);
  }
  const record = await world.runs.get(runId);
  if (!record) throw new WorkflowRunNotFoundError(runId);
  const bundle = code === "latest" ? await putLatest(world, record) : undefined;
  if (record.status === "failed") return reopen(world, record, bundle);
  if (TERMINAL.has(record.status)) throw isOver(record.status);
  return sendWish(world, runId, bundle);
}

/** Tells a run that is not over to try again, or to go on with other code. */
async function sendWish(world: World, runId: string, bundle: string | undefined): Promise<void> {
  const body = bundle === undefined ? WAKE : writeMessage({ type: "use_code", bundle });
  const { status } = await world.inbox.send(runId, { body });
  if (status === "full") throw inboxFull(runId);
  if (status === "over") throw isOver((await world.runs.get(runId))?.status ?? "over");
}

const WAKE = writeMessage({ type: "wake", calls: [] });

/** The bundle of today; undefined where that is the run's own already. */
async function putLatest(world: World, record: RunRecord): Promise<string | undefined> {
  const { hash, manifest, stored } = await getApp().current();
  if (!manifest.workflows.some(({ id }) => id === record.workflow)) {
    throw new NotCompiledError(
      "WORKFLOW_NOT_IN_MANIFEST",
      `The bundle of this app has no workflow "${record.workflow}".`,
    );
  }
  if (hash === record.bundle) return undefined;
  await world.bundles.put(hash, writeBundle(stored));
  return hash;
}

async function reopen(
  world: World,
  { runId, position }: RunRecord,
  bundle: string | undefined,
): Promise<void> {
  const log = withoutVoids(await readLog(world, runId, position));
  const event: RunRetried = {
    ...({ type: "run_retried", at: 0, voids: voidsOf(log) } as const),
    ...(bundle !== undefined && { bundle }),
  };
  const hooks = openHooks(runId, withoutVoids([...log, event]));
  for (const { token, call } of hooks) {
    if (runIdOfToken(token) === runId) continue;
    const outcome = await world.hooks.reserve(token, runId, call);
    if (outcome.status === "taken") throw tokenTaken(token, outcome.runId);
    // crash here: the token is reserved for a run that has failed, and may be taken over in time.
  }
  const reopening = { runId, id: randomUUID(), position: position + 1, event, hooks };
  const outcome = await world.runs.reopen(reopening);
  if (outcome.status === "reopened") {
    // An older wish for other code may be in its inbox, where the last one counts.
    const body = bundle === undefined ? undefined : writeMessage({ type: "use_code", bundle });
    if (body !== undefined) await world.inbox.send(runId, { body });
    return;
  }
  const isLive = outcome.status === "not_failed" && !TERMINAL.has(outcome.as);
  // Somebody else was faster, which is as good.
  if (isLive && bundle !== undefined) return sendWish(world, runId, bundle);
  if (!isLive && outcome.status !== "moved") throw refusal(runId, outcome);
}

/** What the world has to know again of hooks that wait again. */
function openHooks(runId: string, events: readonly RunEvent[]): HookRecord[] {
  const state = new RunState();
  for (const event of events) state.note(event);
  const isOpen = (event: RunEvent): event is HookCreated =>
    event.type === "hook_created" && state.hooks.has(event.call);
  return events.filter(isOpen).map(({ token, call, at, options }) => ({
    ...{ runId, token, call, createdAt: at, description: JSON.stringify(options) },
  }));
}

function refusal(
  runId: string,
  outcome: Exclude<ReopenOutcome, { status: "reopened" | "moved" }>,
): Error {
  if (outcome.status === "not_found") return new WorkflowRunNotFoundError(runId);
  if (outcome.status === "not_failed") return isOver(outcome.as);
  const message = `The key of run "${runId}" belongs to the run "${outcome.runId}" now`;
  return new EntityConflictError("RUN_KEY_TAKEN", message);
}

function tokenTaken(token: string, runId: string): EntityConflictError {
  const message = `The hook token "${maskToken(token)}" belongs to the run "${runId}" now`;
  return new EntityConflictError("HOOK_CONFLICT", message);
}

function isOver(status: string): EntityConflictError {
  return new EntityConflictError("RUN_OVER", `A run that is ${status} cannot be retried`);
}
