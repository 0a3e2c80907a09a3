/** A run brought to the state of its log: from the cache, or by a replay from the start (R7). */
import { CorruptedEventLogError, WorkflowBlockedError } from "../contract/error";
import type { RunEvent } from "../contract/event";
import { RunState } from "../contract/run-state";
import { withoutVoids } from "../contract/voids";
import { RunContext } from "../replay/run-context";
import type { LoadedBundle } from "./bundle-store";
import type { LiveRun } from "./context-cache";
import type { EngineParts } from "./engine-parts";
import { comesToRest } from "./probe";
import { untilAnswered } from "./until-answered";

const PAGE = 1_000;

/** What is to be loaded, and up to where. */
export interface Wanted {
  runId: string;
  position: number;
  /** Whether its code may have blocked or killed a process: it was claimed before and came to nothing. */
  isSuspect: boolean;
  /** This process has just claimed the run. */
  isFirst: boolean;
  /** Of the log at the claim, where the world may have lost what it had: then a context may know more. */
  lastAppend: string | undefined;
  /** The bundle to go on with, where that is another than so far. */
  bundle?: string | undefined;
}

/** Null if it is not at hand as it is in the log. */
export function takeLiveRun(wanted: Wanted, { contexts, latestCode }: EngineParts): LiveRun | null {
  const { runId, position } = wanted;
  // Which code is the latest has to be asked first.
  if (latestCode && wanted.isFirst) return null;
  const known = contexts.take(runId);
  if (!known) return null;
  const isThere = known.state.position === position && isOfLog(known, wanted);
  if (isThere && hasCode(known, wanted)) return known;
  if (known.state.position < position) contexts.put(runId, known, true);
  else known.context.release();
  return null;
}

export async function loadRun(wanted: Wanted, parts: EngineParts): Promise<LiveRun> {
  const live = await loadWith(wanted, parts);
  const { latestCode } = parts;
  if (!latestCode || wanted.bundle !== undefined || live.state.isOver) return live;
  const bundle = await latestCode(live.state.workflow);
  if (bundle === null || bundle === live.bundle.hash) return live;
  live.context.release();
  return loadWith({ ...wanted, bundle }, parts);
}

async function loadWith(wanted: Wanted, parts: EngineParts): Promise<LiveRun> {
  const { runId, position } = wanted;
  const known = parts.contexts.take(runId);
  const caughtUp = known && (await catchUp(known, wanted, parts));
  if (caughtUp) return caughtUp;
  const events = withoutVoids(await readEvents(runId, 1, position, parts));
  const [first] = events;
  if (first?.type !== "run_created") {
    throw new CorruptedEventLogError("EVENT_LOG_CORRUPTED", `The log of run "${runId}" is empty`);
  }
  const state = new RunState();
  for (const event of events) state.note(event);
  const bundle = await parts.bundles.get(wanted.bundle ?? state.bundle);
  if (wanted.isSuspect) await checkComesToRest(bundle, events, parts);
  const { services, limits } = parts;
  const options = { bundle: bundle.compiled, services, turnLimitMs: limits.turnMs };
  const { lastAppend } = wanted;
  const live = { context: new RunContext(options), state, bundle, lastAppend };
  show(runId, live, events, parts);
  return live;
}

/**
 * Why a run whose code has blocked a process before is not to go on with these events; null if
 * nothing speaks against it. They are tried out where that does no harm (R1).
 */
export async function probe(
  { runId, position }: Wanted,
  { bundle }: LiveRun,
  events: readonly RunEvent[],
  parts: EngineParts,
): Promise<WorkflowBlockedError | null> {
  const log = await readEvents(runId, 1, position, parts);
  try {
    await checkComesToRest(bundle, withoutVoids([...log, ...events]), parts);
    return null;
  } catch (error) {
    if (WorkflowBlockedError.is(error)) return error;
    throw error;
  }
}

/** Throws what the run is parked for (R1). */
async function checkComesToRest(
  { stored: { code }, hash, compiled }: LoadedBundle,
  events: readonly RunEvent[],
  { limits: { turnMs } }: EngineParts,
): Promise<void> {
  const isAtRest = await oneAtATime(() => comesToRest({ code, hash, events }, turnMs));
  if (isAtRest) return;
  throw new WorkflowBlockedError(
    "TURN_TIME_EXCEEDED",
    `The workflow in ${compiled.name} computed for more than ${turnMs} ms without a pause`,
  );
}

export async function readEvents(
  runId: string,
  from: number,
  to: number,
  { world, patience }: EngineParts,
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  while (from + events.length <= to) {
    const next = from + events.length;
    const limit = Math.min(PAGE, to - next + 1);
    const page = await untilAnswered(
      () => world.runs.read(runId, next, limit),
      "read a log",
      patience,
    );
    if (page.length === 0) break;
    for (const { event } of page) events.push(event);
  }
  return events;
}

function hasCode({ bundle }: LiveRun, wanted: Wanted): boolean {
  return wanted.bundle === undefined || wanted.bundle === bundle.hash;
}

/** Another process had the run meanwhile. Null if it has changed what was before, too. */
async function catchUp(live: LiveRun, wanted: Wanted, parts: EngineParts): Promise<LiveRun | null> {
  const { runId } = wanted;
  const events = hasCode(live, wanted) ? await readOn(live, wanted, parts) : null;
  if (!events || events.some(({ type }) => CHANGES_THE_PAST.has(type))) {
    live.context.release();
    return null;
  }
  for (const event of events) live.state.note(event);
  show(runId, live, events, parts);
  live.lastAppend = wanted.lastAppend;
  return live;
}

/** Null if the log is another one than it was. */
async function readOn(
  { state }: LiveRun,
  { runId, position, lastAppend }: Wanted,
  parts: EngineParts,
): Promise<RunEvent[] | null> {
  if (lastAppend === undefined) return readEvents(runId, state.position + 1, position, parts);
  const [last, ...events] = await readEvents(runId, state.position, position, parts);
  return JSON.stringify(last) === JSON.stringify(state.last) ? events : null;
}

/** Only what was claimed just now can have been lost before. */
function isOfLog(live: LiveRun, { isFirst, lastAppend }: Wanted): boolean {
  return !isFirst || lastAppend === undefined || lastAppend === live.lastAppend;
}

const CHANGES_THE_PAST = new Set<RunEvent["type"]>(["run_retried", "code_changed"]);

function show(
  runId: string,
  { context, state }: LiveRun,
  events: readonly RunEvent[],
  { watchdog }: EngineParts,
): void {
  watchdog.enterWorkflow(runId, state.workflow);
  context.replay(events);
  watchdog.leave();
}

/** Each probe is a thread with memory of its own. */
let lastProbe: Promise<unknown> = Promise.resolve();

function oneAtATime<T>(action: () => Promise<T>): Promise<T> {
  const result = lastProbe.then(action);
  lastProbe = result.catch(() => undefined);
  return result;
}
