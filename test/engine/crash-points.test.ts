/**
 * Real processes, killed at every call that writes to the world, before it and after it, and around
 * every step body; another process brings what they leave to its end (B1 to B11, P1 to P6, P3, E3).
 *
 * EVERSTEP_SEED repeats a choice of points; EVERSTEP_DEEP tries them all.
 */
import { seededNumbers } from "../seeded-numbers";
import { isDeep } from "../toolchain/install";
import { CRASH_CASES } from "./crash-cases";
import { CrashMatrix } from "./crash-matrix";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);

let matrix: CrashMatrix;

beforeAll(async () => {
  const points = isDeep ? { once: Infinity, twice: 8 } : { once: 2, twice: 1 };
  matrix = await CrashMatrix.open({ ...points, lanes: 2, next: seededNumbers(SEED) });
});

afterAll(() => matrix.close());

test.each(CRASH_CASES.map((crash) => [crash.title ?? crash.name, crash] as const))(
  `%s ends well wherever its process is killed (seed ${SEED})`,
  async (_title, crash) => {
    const { problems, expected, kills } = await matrix.killEverywhere(crash);
    expect(problems).toEqual([]);
    expect(kills).toBeGreaterThan(expected * 0.8 - 1);
  },
  isDeep ? 1_800_000 : 600_000,
);
