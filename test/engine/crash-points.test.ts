/**
 * Real processes, killed at every call that writes to the world, before it and after it, and around
 * every step body; another process brings what they leave to its end (B1 to B11, P1 to P6, P3, E3).
 *
 * EVERSTEP_SEED repeats a choice of points; EVERSTEP_DEEP tries them all.
 */
import { rmSync } from "node:fs";
import { seededNumbers } from "../seeded-numbers";
import { isDeep } from "../toolchain/install";
import { type Kill, readFolder } from "./crash-audit";
import { CRASH_CASES, type CrashCase } from "./crash-cases";
import { crashApp, type CrashPoint, CrashProcess, type Said } from "./crash-process";
import { judge, makeTrial, sendPayloads, taskOf, type Trial } from "./crash-trial";
import { crashSource } from "./crash-workflows";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
/** Points of each workflow in a usual run. */
const SLICE = 2;
/** How often the process that goes on is killed as well, at a point of its own (B16). */
const TWICE = isDeep ? 8 : 1;
/** Longer than what a killed process had taken to do behind the end of a run stays with it. */
const PATIENCE_MS = 120_000;
/** Points that are tried at once. */
const LANES = 2;

const next = seededNumbers(SEED);

/** What was deployed first, and what was deployed then. */
let roots: [first: string, then: string];
/** Processes that are not killed, and go on with what others have left, one folder after the other. */
let survivors: CrashProcess[];
/** The same with the code that was deployed then. */
let successors: CrashProcess[];

beforeAll(async () => {
  roots = [await crashApp(crashSource(1)), await crashApp(crashSource(2))];
  const launch = (root: string) => Array.from({ length: LANES }, () => new CrashProcess(root));
  [survivors, successors] = [launch(roots[0]), launch(roots[1])];
});

afterAll(() => Promise.all([...survivors, ...successors].map((process) => process.kill())));

test.each(CRASH_CASES.map((crash) => [crash.title ?? crash.name, crash] as const))(
  `%s ends well wherever its process is killed (seed ${SEED})`,
  async (_title, crash) => {
    const { problems, points } = await reachablePoints(crash);
    const once = isDeep ? points : choose(points, SLICE);
    const twice = Array.from({ length: TWICE }, () => choose(points, 2));
    const queue = [...once.map((point) => [point]), ...twice];
    const expected = queue.length;
    // How often a process looks for work depends on the moment, so a point may not come: another then.
    const spare = isDeep ? [] : choose(points, 2 * expected).map((point) => [point]);
    let kills = 0;
    const lane = async (survivor: CrashProcess) => {
      for (let plan = queue.shift(); plan; plan = queue.shift()) {
        const outcome = await killAt(plan, crash, survivor);
        if (outcome.isKilled) kills++;
        else queue.push(...spare.splice(0, 1));
        const name = plan.map(nameOf).join(", then ");
        problems.push(...outcome.problems.map((problem) => `${name}: ${problem}`));
      }
    };
    await Promise.all((crash.isDeployed ? successors : survivors).map(lane));
    expect(problems).toEqual([]);
    expect(kills).toBeGreaterThan(expected * 0.8 - 1);
  },
  isDeep ? 1_800_000 : 600_000,
);

/** Where a process that is not killed passes by; it must do well, too. */
async function reachablePoints(crash: CrashCase) {
  const trial = makeTrial(crash, roots[0]);
  const stopSending = sendPayloads(trial);
  const heard = await survivors[0]!.perform(taskOf(trial, "only"));
  await stopSending();
  const { counts = {} } = heard.at(-1)!;
  const points = Object.entries(counts).flatMap(([site, count]) =>
    Array.from({ length: count }, (_, index) => index + 1).flatMap((nth): CrashPoint[] => {
      const before: CrashPoint = { site, nth, when: "before" };
      return site.startsWith("body.") ? [before] : [before, { site, nth, when: "after" }];
    }),
  );
  const problems = await judge(trial, { heard, kills: [] });
  return { points, problems: problems.map((problem) => `not killed: ${problem}`) };
}

/** One process after the other, each killed at its point, unless it has come to the end before. */
async function killAt(plan: readonly CrashPoint[], crash: CrashCase, survivor: CrashProcess) {
  const trial = makeTrial(crash, roots[0]);
  const { dataDir, runId } = trial;
  const stopSending = sendPayloads(trial);
  const problems: string[] = [];
  const kills: Kill[] = [];
  let isThere = false;
  let isKilled = false;
  for (const [nth, kill] of plan.entries()) {
    const life = `life ${nth}`;
    const victim = new CrashProcess(nth > 0 && crash.isDeployed ? roots[1] : roots[0]);
    const heard = await victim.perform({ ...taskOf(trial, life, isThere), kill });
    isKilled ||= !heard.some(({ done }) => done);
    await victim.kill();
    const left = await readFolder(dataDir);
    isThere ||= heard.some(({ acknowledged }) => acknowledged === runId);
    problems.push(...(await broken(trial, heard, left)));
    kills.push({ life, left });
  }
  const task = { ...taskOf(trial, "last", isThere), patienceMs: PATIENCE_MS };
  const heard = await survivor.perform(task);
  await stopSending();
  problems.push(...(await judge(trial, { heard, kills })));
  if (problems.length === 0) rmSync(dataDir, { recursive: true });
  return { isKilled, problems };
}

/** Promises that a process has made before it was killed, and that do not hold (P1). */
async function broken({ runId }: Trial, heard: readonly Said[], left: Kill["left"]) {
  const statusOf = (id: string) => left.get(id)?.record.status;
  return heard.flatMap(({ acknowledged, cancelled, retried }) => {
    const problems: string[] = [];
    if (acknowledged === runId && !left.has(runId)) problems.push("acknowledged, and not there");
    if (cancelled !== undefined && statusOf(cancelled) !== "cancelled") {
      problems.push("cancelled, and not over");
    }
    if (retried !== undefined && statusOf(retried) === "failed") {
      problems.push("retried, and still failed");
    }
    return problems.map((problem) => `${problem} (P1)`);
  });
}

function choose(points: readonly CrashPoint[], count: number): CrashPoint[] {
  const left = [...points];
  const chosen: CrashPoint[] = [];
  while (chosen.length < count && left.length > 0)
    chosen.push(...left.splice(next(left.length), 1));
  return chosen;
}

function nameOf({ site, nth, when }: CrashPoint): string {
  return `killed ${when} ${site} ${nth}`;
}
