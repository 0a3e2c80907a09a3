/**
 * Random programs in processes that are killed at random moments, and that are sent payloads,
 * cancelled and retried at random: each run ends or says for what it waits, and no promise is broken
 * (P1 to P6, E6, A4).
 *
 * EVERSTEP_SEED repeats programs, as far as a machine can; EVERSTEP_PROGRAMS says how many;
 * EVERSTEP_DEEP makes it long.
 */
import { seededNumbers } from "../seeded-numbers";
import { isDeep } from "../toolchain/install";
import { crashApp } from "./crash-process";
import { type BatchOutcome, runBatch } from "./random-batch";
import { randomProgram } from "./random-plan";
import { PLAN_SOURCE } from "./random-source";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
const PROGRAMS = Number(process.env.EVERSTEP_PROGRAMS ?? (isDeep ? 1000 : 40));
/** Programs of one folder. */
const BATCH = 20;
/** Batches that run at once. */
const LANES = 2;

let root: string;

beforeAll(async () => {
  root = await crashApp(PLAN_SOURCE);
});

const firsts = Array.from({ length: Math.ceil(PROGRAMS / BATCH) }, (_, nth) => SEED + nth * BATCH);
const rounds = Array.from({ length: Math.ceil(firsts.length / LANES) }, (_, nth) =>
  firsts.slice(nth * LANES, (nth + 1) * LANES),
);

test.each(rounds.map((round) => [round[0]!, lastOf(round), round] as const))(
  "P1 to P6: programs %d to %d get through random kills",
  async (_first, _last, round) => {
    const outcomes = await Promise.all(round.map(perform));
    const problems = outcomes.flatMap((outcome) => outcome.problems);
    expect(problems).toEqual([]);
    for (const outcome of outcomes) expect(outcome.kills).toBeGreaterThan(0);
  },
  400_000,
);

/** A batch of programs, by the seed of the first of them. */
async function perform(first: number): Promise<BatchOutcome> {
  const count = Math.min(BATCH, SEED + PROGRAMS - first);
  const programs = Array.from({ length: count }, (_, nth) =>
    randomProgram(first + nth, seededNumbers(first + nth)),
  );
  const outcome = await runBatch(root, programs, seededNumbers(first + 1_000_000));
  const again = `with those beside it: EVERSTEP_SEED=${first} EVERSTEP_PROGRAMS=${count} npx jest test/engine/random-campaign`;
  return { ...outcome, problems: outcome.problems.map((problem) => `${problem}\n  ${again}`) };
}

function lastOf(round: readonly number[]): number {
  return Math.min(round.at(-1)! + BATCH, SEED + PROGRAMS) - 1;
}
