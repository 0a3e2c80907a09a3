/**
 * What a World has to do, as data: each check runs against a world that its author hands in, and
 * throws a sentence where the world does something else. No test runner is needed.
 */
import type { RunEvent } from "../contract/event";
import type { Append, Claim, LogEntry, NewRun, World } from "../contract/world";

export interface Check {
  /** Stands for ever, so that a world can say which it does not meet. */
  id: string;
  /** `must`: everstep does not work without it. `should`: it works worse. */
  level: "must" | "should";
  /** What is true of a world that passes. */
  name: string;
  run(world: World): Promise<void>;
}

export function check(id: string, name: string, run: Check["run"]): Check {
  return { id, level: "must", name, run };
}

export function assert(isTrue: boolean, message: string): asserts isTrue {
  if (!isTrue) throw new Error(message);
}

/** Compares what JSON shows of the two. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value));
  assert(is === should, `${what} is ${is}, and should be ${should}`);
}

let count = 0;

/** Checks share a world, and no ids. */
export function freshId(prefix: string): string {
  const random = Math.random().toString(36).slice(2, 10);
  return `${prefix}${Date.now().toString(36)}${random}${(count++).toString(36)}`;
}

export const BUNDLE = "conformance";

/** A run that is there and that nobody owns. */
export async function createRun(
  world: World,
  more: Partial<NewRun["record"]> = {},
): Promise<string> {
  const runId = more.runId ?? freshId("wrun_");
  await world.bundles.put(BUNDLE, "code");
  const outcome = await world.runs.create(newRun(runId, more));
  // Behind a world whose answers are lost the first call may have been heard.
  assert(outcome.status !== "key_taken", `A run without a key was refused: ${outcome.status}`);
  return runId;
}

export function newRun(runId: string, more: Partial<NewRun["record"]> = {}): NewRun {
  const workflow = "workflow//./conformance//order";
  const event: RunEvent = {
    ...({ type: "run_created", at: 0, input: "1j[]" } as const),
    ...{ runId, workflow, bundle: BUNDLE },
  };
  return { record: { runId, workflow, bundle: BUNDLE, ...more }, event };
}

export interface Owned {
  session: string;
  runId: string;
  claim: Claim;
}

/** A run that this process owns. */
export async function claimRun(world: World, more?: Partial<NewRun["record"]>): Promise<Owned> {
  const session = await openSession(world);
  const runId = await createRun(world, more);
  const claim = await claimOf(world, session, runId);
  return { session, runId, claim };
}

export async function openSession(world: World): Promise<string> {
  const session = await world.dispatch.openSession();
  assert(session !== null, "The world gives no session to a process that is alone");
  return session;
}

/** Claims until the run is among what was claimed; other runs are given up again. */
export async function claimOf(world: World, session: string, runId: string): Promise<Claim> {
  for (let turn = 0; turn < 100; turn++) {
    const claims = await world.dispatch.claim(session, freshId("claim_"), 10);
    const found = claims.find((claim) => claim.runId === runId);
    for (const claim of claims) {
      if (claim !== found) await world.dispatch.release(claim.runId, claim.fence, { dueAt: null });
    }
    if (found) return found;
  }
  throw new Error(`Run ${runId} is due and was never handed out`);
}

/** An append to a run that holds its first event alone, unless more is said. */
export function append({ runId, claim }: Owned, more: Partial<Append> = {}): Append {
  const { fence } = claim;
  return {
    ...{ runId, fence, appendId: freshId("append_"), position: 2 },
    events: [waitCreated("a")],
    ...more,
  };
}

export function waitCreated(name: string): RunEvent {
  return { type: "wait_created", at: 1, call: `sleep//${name}:1`, digest: "for 1", dueAt: 2 };
}

export async function appended(world: World, given: Append): Promise<number> {
  const outcome = await world.runs.append(given);
  assert(outcome.status === "done", `An append of the owner was refused: ${outcome.status}`);
  return outcome.stamp;
}

export async function refused(world: World, given: Append, why: string): Promise<void> {
  const before = await world.runs.read(given.runId, 1, 1000);
  const { status } = await world.runs.append(given);
  assert(status === "fenced", `${why} was not refused, but ${status}`);
  same(await world.runs.read(given.runId, 1, 1000), before, "The log after a refused append");
}

export function positions(entries: readonly LogEntry[]): number[] {
  return entries.map(({ position }) => position);
}

/** The end of a run, by its owner. */
export async function complete(world: World, owned: Owned): Promise<void> {
  const { runId } = owned;
  const { position } = (await world.runs.get(runId))!;
  const endedAt = await world.now();
  const change = { status: "completed", endedAt } as const;
  const events = [{ type: "run_completed", at: endedAt, output: "1j1" } as const];
  await appended(world, append(owned, { position: position + 1, events, change }));
}
