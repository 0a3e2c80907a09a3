/**
 * Real processes, killed at every call that writes to the world, before it and after it, and around
 * every step body; another process brings what they leave to its end (B1 to B11, P1 to P5, P3, E3).
 *
 * EVERSTEP_SEED repeats a choice of points; EVERSTEP_DEEP tries them all.
 */
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { resumeHook } from "../../lib/api";
import { createHostCodec } from "../../lib/engine/host-codec";
import { seededNumbers } from "../seeded-numbers";
import { isDeep } from "../toolchain/install";
import { auditFolder, type Folder, type Kill, readBodies, readFolder } from "./crash-audit";
import { crashApp, type CrashPoint, CrashProcess, type Said, type Task } from "./crash-process";
import { CRASH_CASES, type CrashCase } from "./crash-workflows";
import { until } from "./test-app";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
/** Points of each workflow in a usual run. */
const SLICE = 2;
/** How often the process that goes on is killed as well, at a point of its own (B16). */
const TWICE = isDeep ? 8 : 1;
/** Points that are tried at once. */
const LANES = 2;

const next = seededNumbers(SEED);
const codec = createHostCodec();

let root: string;
/** Processes that are not killed, and go on with what others have left, one folder after the other. */
let survivors: CrashProcess[];
let folders = 0;

beforeAll(async () => {
  root = await crashApp();
  survivors = Array.from({ length: LANES }, () => new CrashProcess(root));
});

afterAll(() => Promise.all(survivors.map((process) => process.kill())));

interface Trial {
  crash: CrashCase;
  dataDir: string;
  runId: string;
}

test.each(CRASH_CASES.map((crash) => [titleOf(crash), crash] as const))(
  `%s ends well wherever its process is killed (seed ${SEED})`,
  async (_title, crash) => {
    const { problems, points } = await reachablePoints(crash);
    const once = isDeep ? points : choose(points, SLICE);
    const twice = Array.from({ length: TWICE }, () => choose(points, 2));
    const queue = [...once.map((point) => [point]), ...twice];
    let kills = 0;
    const lane = async (survivor: CrashProcess) => {
      for (let plan = queue.shift(); plan; plan = queue.shift()) {
        const outcome = await killAt(plan, crash, survivor);
        if (outcome.isKilled) kills++;
        const name = plan.map(nameOf).join(", then ");
        problems.push(...outcome.problems.map((problem) => `${name}: ${problem}`));
      }
    };
    const expected = queue.length;
    await Promise.all(survivors.map(lane));
    expect(problems).toEqual([]);
    // How often a process looks for work depends on the moment, so a few points may not come.
    expect(kills).toBeGreaterThan(expected * 0.8 - 1);
  },
  600_000,
);

/** Where a process that is not killed passes by; it must do well, too. */
async function reachablePoints(crash: CrashCase) {
  const trial = makeTrial(crash);
  const stopResuming = resumeFromHere(trial);
  const heard = await survivors[0]!.perform(taskOf(trial, "only"));
  await stopResuming();
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
  const trial = makeTrial(crash);
  const { dataDir, runId } = trial;
  const stopResuming = resumeFromHere(trial);
  const problems: string[] = [];
  const kills: Kill[] = [];
  let isThere = false;
  let isKilled = false;
  for (const [nth, kill] of plan.entries()) {
    const life = `life ${nth}`;
    const victim = new CrashProcess(root);
    const heard = await victim.perform({ ...taskOf(trial, life, isThere), kill });
    isKilled ||= !heard.some(({ done }) => done);
    await victim.kill();
    const left = await readFolder(dataDir);
    isThere ||= heard.some(({ acknowledged }) => acknowledged === runId);
    if (isThere && !left.has(runId)) problems.push("acknowledged, and not there (P1)");
    if (heard.some(({ cancelled }) => cancelled) && endOf(left, trial) !== "cancelled") {
      problems.push("cancelled, and not over (P1)");
    }
    kills.push({ life, left });
  }
  const heard = await survivor.perform(taskOf(trial, "last", isThere));
  await stopResuming();
  problems.push(...(await judge(trial, { heard, kills })));
  if (problems.length === 0) rmSync(dataDir, { recursive: true });
  return { isKilled, problems };
}

interface Told {
  heard: readonly Said[];
  kills: readonly Kill[];
}

async function judge(trial: Trial, { heard, kills }: Told): Promise<string[]> {
  const { crash, runId, dataDir } = trial;
  const last = heard.at(-1);
  if (!last?.done) return ["the process that goes on has ended"];
  const after = await readFolder(dataDir);
  const run = after.get(runId);
  if (run?.record.endedAt === undefined) return [`not over: ${JSON.stringify(last.explained)}`];
  const problems = auditFolder(after, kills, readBodies(dataDir));
  const { event } = run.entries.at(-1)!;
  const gives = event.type === "run_completed" ? codec.decode(event.output) : undefined;
  if (endOf(after, trial) !== crash.ends || gives !== crash.gives) {
    problems.push(`came to ${JSON.stringify(event)}`);
  }
  if (after.size !== (crash.runs ?? 1)) problems.push(`${after.size} runs`);
  const payloads = run.entries.filter((entry) => entry.event.type === "hook_received").length;
  if (payloads !== (crash.resumedBy ? 1 : 0)) problems.push(`${payloads} payloads`);
  return problems;
}

function makeTrial(crash: CrashCase): Trial {
  const runId = `run_${++folders}`;
  const dataDir = path.join(root, "data", runId);
  mkdirSync(dataDir);
  return { crash, dataDir, runId };
}

function taskOf({ crash, dataDir, runId }: Trial, life: string, isThere = false): Task {
  const runs = [{ runId, name: crash.name, args: [runId], isThere }];
  const resumes = { token: `token:${runId}`, payload: "payload", runId };
  return { dataDir, life, runs, ...(crash.resumedBy === "itself" && { resumes }) };
}

/** Sends the payload as soon as somebody waits for it; gives what ends the attempts. */
function resumeFromHere({ crash, dataDir, runId }: Trial): () => Promise<void> {
  if (crash.resumedBy !== "another") return async () => undefined;
  const world = createEmbeddedWorld({ dataDir });
  let isStopped = false;
  const resumed = until(async () => {
    if (isStopped || !(await world.hooks.find(`token:${runId}`))) return isStopped;
    await resumeHook(`token:${runId}`, "payload", { id: "once", world });
    return true;
  });
  return async () => {
    isStopped = true;
    await resumed;
    await world.close();
  };
}

function choose(points: readonly CrashPoint[], count: number): CrashPoint[] {
  const left = [...points];
  const chosen: CrashPoint[] = [];
  while (chosen.length < count && left.length > 0)
    chosen.push(...left.splice(next(left.length), 1));
  return chosen;
}

function endOf(folder: Folder, { runId }: Trial): string | undefined {
  return folder.get(runId)?.record.status;
}

function titleOf({ name, resumedBy }: CrashCase): string {
  return resumedBy ? `${name}, resumed by ${resumedBy}` : name;
}

function nameOf({ site, nth, when }: CrashPoint): string {
  return `killed ${when} ${site} ${nth}`;
}
