/**
 * Processes that are killed while their steps write to a stream. EVERSTEP_SEED repeats a choice of
 * points; EVERSTEP_DEEP tries them all. Needs the build in dist/.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { Run, type StreamItem } from "../../lib/api";
import { createEmbeddedWorld } from "../../embedded-world";
import { crashApp, type CrashPoint, CrashProcess } from "../engine/crash-process";
import { seededNumbers } from "../seeded-numbers";

const CHUNKS = 40;
const SOURCE = `
  import { getStepMetadata, getWritable } from "everstep";
  async function write(count) {
    "use step";
    const writer = getWritable().getWriter();
    for (let n = 0; n < count; n++) {
      await writer.write(n);
      if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  async function close() {
    "use step";
    await getWritable().close();
  }
  export async function flows(runId, count) {
    "use workflow";
    await write(count);
    await write(count);
    await close();
    return "done";
  }`;

const isDeep = Boolean(process.env["EVERSTEP_DEEP"]);
const POINTS = isDeep ? Infinity : 6;
const SITES = ["streams.write", "streams.close", "runs.append"];
let root: string;

beforeAll(async () => {
  root = await crashApp(SOURCE);
});

test(
  "P1, G3, G4: what steps write survives kills, once, in order, and attempts can be told apart",
  async () => {
    const seed = Number(process.env["EVERSTEP_SEED"] ?? Date.now() % 1_000_000);
    const points = await reachablePoints();
    const chosen = choose(points, seed);
    console.log(`${chosen.length} of ${points.length} points, EVERSTEP_SEED=${seed}`);
    const problems: string[] = [];
    const survivor = new CrashProcess(root);
    for (const [nth, point] of chosen.entries()) {
      problems.push(...(await killAt(point, `killed_${nth}`, survivor)));
    }
    await survivor.kill();
    expect(problems).toEqual([]);
  },
  isDeep ? 600_000 : 60_000,
);

function taskOf(runId: string, life: string, isThere = false) {
  const dataDir = path.join(root, "data", runId);
  mkdirSync(dataDir, { recursive: true });
  return { dataDir, life, runs: [{ runId, name: "flows", args: [runId, CHUNKS], isThere }] };
}

async function reachablePoints(): Promise<CrashPoint[]> {
  const child = new CrashProcess(root);
  const heard = await child.perform(taskOf("whole", "only"));
  await child.kill();
  expect(await whatIsWrong("whole")).toEqual([]);
  const { counts = {} } = heard.at(-1)!;
  return SITES.flatMap((site) =>
    Array.from({ length: counts[site] ?? 0 }, (_, n) => n + 1).flatMap((nth): CrashPoint[] => [
      { site, nth, when: "before" },
      { site, nth, when: "after" },
    ]),
  );
}

function choose(points: readonly CrashPoint[], seed: number): CrashPoint[] {
  if (points.length <= POINTS) return [...points];
  const next = seededNumbers(seed);
  const left = [...points];
  return Array.from({ length: POINTS }, () => left.splice(next(left.length), 1)[0]!);
}

async function killAt(kill: CrashPoint, runId: string, survivor: CrashProcess) {
  const victim = new CrashProcess(root);
  const heard = await victim.perform({ ...taskOf(runId, "first"), kill });
  await victim.kill();
  const isThere = heard.some(({ acknowledged }) => acknowledged === runId);
  await survivor.perform({ ...taskOf(runId, "last", isThere), patienceMs: 20_000 });
  const wrong = await whatIsWrong(runId);
  return wrong.map((problem) => `${kill.when} ${kill.site} ${kill.nth}: ${problem}`);
}

/** What a reader of another process sees. */
async function whatIsWrong(runId: string): Promise<string[]> {
  const world = createEmbeddedWorld({ dataDir: path.join(root, "data", runId) });
  await world.start();
  try {
    const run = new Run(runId, world);
    const status = await run.status;
    if (status !== "completed") return [`the run is ${status}: ${await run.explain()}`];
    const items: StreamItem<number>[] = [];
    const reader = run.getChunks<number>().getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      items.push(value);
    }
    return problemsOf(items);
  } finally {
    await world.close();
  }
}

function problemsOf(items: readonly StreamItem<number>[]): string[] {
  const problems: string[] = [];
  if (items.some(({ index }, place) => index !== place)) problems.push("indexes are not dense");
  const steps = [...new Set(items.map(({ stepId }) => stepId))];
  if (steps.length !== 2) problems.push(`${steps.length} steps wrote`);
  for (const step of steps) {
    const own = items.filter(({ stepId }) => stepId === step);
    const attempts = [...new Set(own.map(({ attempt }) => attempt))];
    if (String(attempts) !== String([...attempts].sort((a, b) => a - b))) {
      problems.push(`attempts ${String(attempts)} are mixed`);
    }
    for (const attempt of attempts) {
      const values = own.filter((item) => item.attempt === attempt).map(({ value }) => value);
      const isLast = attempt === attempts.at(-1);
      const isDense = values.every((value, place) => value === place);
      if (!isDense || (isLast && values.length !== CHUNKS)) {
        problems.push(`attempt ${attempt} wrote ${String(values)}`);
      }
    }
  }
  return problems;
}
