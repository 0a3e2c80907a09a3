/**
 * Real processes on Redis, killed before and after every command that writes, those of BullMQ among
 * them, and around every step body; another process, which waits for the end of their lease, brings
 * what they leave to its end (B1 to B10, P1 to P6, P3, E3).
 *
 * In a usual run a few workflows with a few points each, by chance. EVERSTEP_SEED repeats the choice.
 * EVERSTEP_DEEP takes all workflows, with as many points of each as fit into a quarter of an hour:
 * about a fifth of all that there are, so another seed tries others.
 */
import { CRASH_CASES, type CrashCase } from "../engine/crash-cases";
import { CrashMatrix } from "../engine/crash-matrix";
import { type Next, seededNumbers } from "../seeded-numbers";
import { isDeep } from "../toolchain/install";
import { type RedisServer, startRedisServer } from "./redis-server";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
/** Workflows of a usual run: alone, and with others that they start. */
const ALONE = 1;
const WITH_OTHERS = 1;
/** Tests wait for its end. Longer where more processes begin at once, which takes their time. */
const LEASE_MS = isDeep ? 2_000 : 1_000;
const POINTS = isDeep ? { once: 14, twice: 2, lanes: 4 } : { once: 2, twice: 1, lanes: 3 };

const next = seededNumbers(SEED);
const chosen = isDeep ? CRASH_CASES : someOf(CRASH_CASES, next);

let server: RedisServer;
let matrix: CrashMatrix;

beforeAll(async () => {
  server = await startRedisServer();
  const redis = { url: server.url, leaseMs: LEASE_MS };
  matrix = await CrashMatrix.open({ ...POINTS, next, redis });
}, 180_000);

afterAll(async () => {
  await matrix?.close();
  await server?.stop();
});

test.each(chosen.map((crash) => [crash.title ?? crash.name, crash] as const))(
  `%s ends well wherever its process is killed, on Redis (seed ${SEED})`,
  async (_title, crash) => {
    const { problems, expected, kills } = await matrix.killEverywhere(crash);
    expect(problems).toEqual([]);
    expect(kills).toBeGreaterThan(expected * 0.8 - 1);
  },
  600_000,
);

function someOf(cases: readonly CrashCase[], next: Next): CrashCase[] {
  const alone = cases.filter(({ children }) => !children);
  const withOthers = cases.filter(({ children }) => children);
  const take = (from: CrashCase[]) => from.splice(next(from.length), 1)[0]!;
  return [
    ...Array.from({ length: ALONE }, () => take(alone)),
    ...Array.from({ length: WITH_OTHERS }, () => take(withOthers)),
  ];
}
