/** The runs of a campaign, by a seed: what each does, what it is sent, and what it has to give. */
import { isDeepStrictEqual } from "node:util";
import type { Next } from "../../seeded-numbers";

export interface PlannedRun {
  runId: string;
  name: string;
  args: [object];
  /** Whether this is what the workflow may return, its version aside. */
  isRight(result: unknown): boolean;
  /** What it is sent, in this order. */
  payloads: readonly string[];
  /** Generated, unless it is given. */
  token?: string;
  /** How many chunks each of its writers writes. */
  chunks: number;
  /** So long after it was started somebody cancels it. */
  cancelAfterMs?: number;
}

type Shape = Pick<PlannedRun, "name" | "isRight"> &
  Partial<Pick<PlannedRun, "payloads" | "token" | "chunks">> & { args: object };

const SHAPES = [sequence, sequence, fanOut, race, hear, hear, nap, retry, family, stream];

/**
 * One of so many holds up its process for longer than its lease. In the time of its block nothing else
 * of that process moves, so they must be few enough for the rest to get on behind an outage.
 */
const OBSTRUCTION_EVERY = 120;
const FIRST_OBSTRUCTION = 40;

/** One of so many is cancelled, whatever it is about then. */
const CANCEL_EVERY = 12;

/** `nth` is which run of its campaign it is. */
export function planRun(runId: string, nth: number, leaseMs: number, next: Next): PlannedRun {
  const isObstruction = nth % OBSTRUCTION_EVERY === FIRST_OBSTRUCTION;
  const { args, ...shape } = isObstruction
    ? obstruct(runId, leaseMs * 1.3)
    : SHAPES[next(SHAPES.length)]!(runId, next);
  const isCancelled = !isObstruction && next(CANCEL_EVERY) === 0;
  const plan = { payloads: [], chunks: 0, ...shape, runId };
  const cancel = isCancelled && { cancelAfterMs: next(2_000) };
  return { ...plan, ...cancel, args: [{ label: runId, ...args }] };
}

function sequence(runId: string, next: Next): Shape {
  const steps = 2 + next(8);
  const ms = [2, 20, 200][next(3)]!;
  const isRight = (result: unknown) => isDeepStrictEqual(result, labels(runId, steps));
  return { name: "sequence", args: { steps, ms }, isRight };
}

function fanOut(runId: string, next: Next): Shape {
  const steps = 5 + next(46);
  const ms = [2, 20, 400][next(3)]!;
  const isRight = (result: unknown) => isDeepStrictEqual(result, labels(runId, steps));
  return { name: "fanOut", args: { steps, ms }, isRight };
}

function race(runId: string, next: Next): Shape {
  const [stepMs, sleepMs] = [50 + next(1_500), 50 + next(1_500)];
  const ends = ["late", runId].map((first) => [first, `${runId} after`]);
  const isRight = (result: unknown) => ends.some((end) => isDeepStrictEqual(result, end));
  return { name: "race", args: { stepMs, sleepMs }, isRight };
}

function hear(runId: string, next: Next): Shape {
  const takes = 1 + next(5);
  const payloads = Array.from({ length: takes }, (_, nth) => `payload ${nth} for ${runId}`);
  const token = next(2) === 0 ? { token: `token-${runId}` } : {};
  const isRight = (result: unknown) => isDeepStrictEqual(result, payloads);
  return { name: "hear", args: { takes, ...token }, isRight, payloads, ...token };
}

function nap(_runId: string, next: Next): Shape {
  const naps = Array.from({ length: 1 + next(4) }, () => 50 + next(next(2) === 0 ? 200 : 2_950));
  return { name: "nap", args: { naps }, isRight: (result) => result === naps.length };
}

function retry(runId: string, next: Next): Shape {
  const fails = Array.from({ length: 1 + next(4) }, () => next(5));
  const isRight = (result: unknown) => isDeepStrictEqual(result, labels(runId, fails.length));
  return { name: "retry", args: { fails }, isRight };
}

function family(runId: string, next: Next): Shape {
  const [children, steps] = [1 + next(4), 1 + next(3)];
  const ends = labels(runId, children).map((label) => labels(label, steps));
  const isRight = (result: unknown) => isDeepStrictEqual(result, ends);
  return { name: "family", args: { children, steps }, isRight };
}

function obstruct(runId: string, ms: number): Shape {
  return { name: "obstruct", args: { ms }, isRight: (result) => result === runId };
}

function stream(runId: string, next: Next): Shape {
  const [writers, count, ms] = [1 + next(3), 1 + next(40), [0, 5, 30][next(3)]!];
  const isRight = (result: unknown) => isDeepStrictEqual(result, labels(runId, writers));
  return { name: "stream", args: { writers, count, ms }, isRight, chunks: count };
}

function labels(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, nth) => `${label}.${nth}`);
}
