/**
 * Processes that are killed at moments nobody has chosen, that stand by for each other, and that are
 * asked to stop; and a run that kills whatever process executes it (W9, B13, B15, B17, J2, E8).
 *
 * EVERSTEP_SEED repeats the moments, as far as a machine can.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createHostCodec } from "../../lib/engine/host-codec";
import { seededNumbers } from "../seeded-numbers";
import { isDeep } from "../toolchain/install";
import { auditFolder, type BodyLine, type Kill, readBodies, readFolder } from "./crash-audit";
import { crashApp, CrashProcess, type Said, type TaskRun } from "./crash-process";
import { crashSource } from "./crash-workflows";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
const CAMPAIGNS = isDeep ? 10 : 1;
/** An attempt that is lost five times in a row is given up, and none may be here. */
const MOST_KILLS = 4;

const next = seededNumbers(SEED);
const codec = createHostCodec();

let root: string;
const processes: CrashProcess[] = [];
let folders = 0;

beforeAll(async () => {
  root = await crashApp(crashSource(1));
});

afterEach(() => Promise.all(processes.splice(0).map((process) => process.kill())));

function launch(): CrashProcess {
  const process = new CrashProcess(root);
  processes.push(process);
  return process;
}

function newFolder(): string {
  const dataDir = path.join(root, "data", `folder-${++folders}`);
  mkdirSync(dataDir);
  return dataDir;
}

/** Runs with the arguments of each, and an id that says which it is. */
function runsOf(name: string, count: number, args: (nth: number) => unknown[] = () => []) {
  const runId = (nth: number) => `${name}_${nth}`;
  return Array.from({ length: count }, (_, nth): TaskRun => {
    return { runId: runId(nth), name, args: args(nth) };
  });
}

const there = (runs: readonly TaskRun[]) => runs.map((run) => ({ ...run, isThere: true }));
/** Those that the last kill has not left are started again. */
const missing = (runs: readonly TaskRun[], kills: readonly Kill[]) =>
  runs.map((run) => ({ ...run, isThere: kills.at(-1)?.left.has(run.runId) ?? false }));
const began = (said: Said) => said.began !== undefined;
const ready = (said: Said) => said.ready === true;

/** What the runs of a folder came to, by id, and what is wrong with their logs. */
async function resultsOf(dataDir: string, kills: readonly Kill[]) {
  const folder = await readFolder(dataDir);
  const bodies = readBodies(dataDir);
  const results: Record<string, unknown> = {};
  for (const [runId, { entries, record }] of folder) {
    const event = entries.at(-1)!.event;
    const isGiven = event.type === "run_completed";
    results[runId] = isGiven
      ? codec.decode(event.output)
      : (record.failure ?? record.parked)?.message;
  }
  const over = new Map([...folder].filter(([, { record }]) => record.endedAt !== undefined));
  return { results, problems: auditFolder(over, kills, bodies), bodies };
}

test.each(Array.from({ length: CAMPAIGNS }, (_, nth) => nth))(
  `W9: 20 runs of 5 steps get through random kills (seed ${SEED}, campaign %d)`,
  async (campaign) => {
    const dataDir = newFolder();
    const runs = runsOf("slow", 20, (nth) => [`${nth}.`]);
    const kills: Kill[] = [];
    let isDone = false;
    while (!isDone) {
      const life = `life ${kills.length}`;
      const process = launch();
      const task = { dataDir, life, runs: missing(runs, kills), tells: true };
      process.begin(task);
      const done = process.until((said) => said.done === true);
      const moment = process.until(began, 21 + next(40));
      await (kills.length === MOST_KILLS ? done : Promise.race([moment, done]));
      isDone = process.heard.some(({ done }) => done);
      await process.kill();
      if (!isDone) kills.push({ life, left: await readFolder(dataDir) });
    }
    const { results, problems } = await resultsOf(dataDir, kills);
    const expected = runs.map(({ runId, args: [label] }) => {
      return [runId, [0, 1, 2, 3, 4].map((nth) => `${String(label)}${nth}`).join()];
    });
    expect(problems).toEqual([]);
    expect(results).toEqual(Object.fromEntries(expected));
    expect([campaign, kills.length > 0]).toEqual([campaign, true]);
  },
  120_000,
);

test("a process that stands by goes on within a second of a kill (J2)", async () => {
  const dataDir = newFolder();
  const runs = runsOf("slow", 1, () => ["x"]);
  const [executor, standby] = [launch(), launch()];
  executor.begin({ dataDir, life: "executor", runs, tells: true });
  await executor.until(ready);
  standby.begin({ dataDir, life: "standby", runs: there(runs), tells: true });
  await standby.until(ready);
  await executor.until(began, 2);
  const killedAt = Date.now();
  await executor.kill();
  const left = await readFolder(dataDir);
  await standby.until(({ done }) => done === true);
  const { results, problems, bodies } = await resultsOf(dataDir, [{ life: "executor", left }]);
  expect(problems).toEqual([]);
  expect(results).toEqual({ slow_0: "x0,x1,x2,x3,x4" });
  expect(firstOf(bodies, "standby").at - killedAt).toBeLessThan(2_000);
});

test("a process that gets SIGTERM finishes its step, hands the rest back, and ends by the signal (E8)", async () => {
  const dataDir = newFolder();
  const runs = runsOf("single", 6, (nth) => [`step ${nth}`, 300]);
  const [first, second] = [launch(), launch()];
  first.begin({ dataDir, life: "first", runs, tells: true, concurrency: 1, signals: true });
  await first.until(ready);
  second.begin({ dataDir, life: "second", runs: there(runs) });
  await second.until(ready);
  await first.until(({ acknowledged }) => acknowledged !== undefined, runs.length);
  await first.until(began);
  expect(await first.kill("SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
  const endedAt = Date.now();
  await second.until(({ done }) => done === true);
  const { results, problems, bodies } = await resultsOf(dataDir, []);
  expect(problems).toEqual([]);
  expect(Object.values(results).sort()).toEqual(runs.map(({ args: [label] }) => label));
  expect(bodies.filter(({ what }) => what === "began")).toHaveLength(runs.length);
  // Between the signal and the end of its process the step may have come to its end and no other began.
  expect(bodies.filter(({ life, what }) => life === "first" && what === "ended")).toHaveLength(1);
  expect(firstOf(bodies, "second").at - endedAt).toBeLessThan(2_000);
});

/** Process after process, until one is not killed. */
async function runToTheEnd(dataDir: string, runs: readonly TaskRun[]): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (;;) {
    const life = `life ${kills.length}`;
    const process = launch();
    const heard = await process.perform({
      dataDir,
      life,
      runs: missing(runs, kills),
      patienceMs: 5_000,
    });
    await process.kill();
    if (heard.some(({ done }) => done)) return kills;
    kills.push({ life, left: await readFolder(dataDir) });
  }
}

test("a body that kills its process is given up after five times (B13, E6)", async () => {
  const dataDir = newFolder();
  const kills = await runToTheEnd(dataDir, runsOf("poison", 1));
  const { results, problems } = await resultsOf(dataDir, kills);
  expect(problems).toEqual([]);
  expect(results).toEqual({ poison_0: "STEP_LOST" });
  expect(kills).toHaveLength(5);
});

test("a body that kills its process takes no other run with it (B17)", async () => {
  const dataDir = newFolder();
  const kills = await runToTheEnd(dataDir, [...runsOf("poison", 1), ...runsOf("sequence", 10)]);
  const { results, problems } = await resultsOf(dataDir, kills);
  expect(results).toEqual({
    poison_0: "STEP_LOST",
    ...Object.fromEntries(runsOf("sequence", 10).map(({ runId }) => [runId, "abcd"])),
  });
  expect(problems).toEqual([]);
});

test("an app that does not come up leaves the runs as they are for the one that does (P2)", async () => {
  const dataDir = newFolder();
  const runs = runsOf("sequence", 5);
  const kill = { site: "runs.create", nth: 5, when: "after" } as const;
  await launch().perform({ dataDir, life: "life 0", runs, kill });
  const kills: Kill[] = [{ life: "life 0", left: await readFolder(dataDir) }];
  for (let nth = 1; nth <= 5; nth++) {
    const life = `life ${nth}`;
    await launch().perform({ dataDir, life, runs: there(runs), fails: true });
    kills.push({ life, left: await readFolder(dataDir) });
  }
  await launch().perform({ dataDir, life: "last", runs: there(runs), patienceMs: 5_000 });
  const { results, problems } = await resultsOf(dataDir, kills);
  expect(results).toEqual(Object.fromEntries(runs.map(({ runId }) => [runId, "abcd"])));
  expect(problems).toEqual([]);
});

function firstOf(bodies: readonly BodyLine[], life: string): BodyLine {
  return bodies.find((line) => line.life === life)!;
}
