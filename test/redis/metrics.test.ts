/** What `runtime.metrics()` says: valid text for Prometheus, and counts of what really happened. */
import { getRun } from "../../lib/api";
import { registryRecords } from "../../lib/contract/registry";
import { metricsText } from "../../lib/runtime/metrics-text";
import { createRedisWorld } from "../../redis-world";
import { openApp, startOf, type TestApp, unregister, until } from "../engine/test-app";
import { type RedisServer, startRedisServer } from "./redis-server";

const SOURCE = `
import { FatalError, sleep } from "everstep";
let calls = 0;
async function add(a, b) { "use step"; return a + b; }
async function flaky() { "use step"; if (calls++ === 0) throw new Error("once"); return calls; }
flaky.retryDelay = 1;
async function never() { "use step"; throw new FatalError("never"); }
async function slow() { "use step"; await new Promise((resolve) => setTimeout(resolve, 200)); }
slow.timeout = "30ms";
slow.maxRetries = 0;
async function missing() { "use step"; }
export async function sum() {
  "use workflow";
  return [await add(1, 2), await add(3, 4), await flaky()];
}
export async function fails() { "use workflow"; await never(); }
export async function waits() { "use workflow"; await slow().catch(() => undefined); await sleep("1h"); }
export async function parks() { "use workflow"; await missing(); }
`;

let redis: RedisServer;
let app: TestApp | undefined;

beforeAll(async () => {
  redis = await startRedisServer();
}, 180_000);

afterEach(async () => {
  await app?.stop();
  app = undefined;
  unregister();
});

afterAll(() => redis.stop());

interface Family {
  type: string;
  samples: Map<string, number>;
}

const SAMPLE =
  /^([a-z_]+)(?:\{([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"\})? (\d+(?:\.\d+)?(?:e-?\d+)?)$/;

/** Reads the text as strictly as its format is; throws where a line is none. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: [string, Family] | undefined;
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      expect(families.has(name)).toBe(false);
      families.set(name, { type: "", samples: new Map() });
      current = [name, families.get(name)!];
    } else if (kind === "TYPE") {
      expect([current![0], current![1].type]).toEqual([name, ""]);
      current![1].type = rest;
    } else {
      const [, full = "", , label = "", value] = SAMPLE.exec(line) ?? [];
      expect({ line, isOfFamily: full.startsWith(current![0]) && full !== "" }).toEqual({
        ...{ line, isOfFamily: true },
      });
      current![1].samples.set(full.slice(current![0].length) + label, Number(value));
    }
  }
  return families;
}

async function metricsOf({ runtime }: TestApp): Promise<Map<string, Family>> {
  return parse(await runtime.metrics());
}

function open(options: { worker?: boolean; prefix: string }): Promise<TestApp> {
  const { prefix, ...rest } = options;
  const openWorld = () => createRedisWorld({ url: redis.url, prefix });
  return openApp(SOURCE, { openWorld, ...rest });
}

test("runs, attempts and times of a process are counted once each", async () => {
  app = await open({ prefix: "counts" });
  await (
    await startOf(app, "sum")
  ).returnValue;
  await (
    await startOf(app, "sum")
  ).returnValue;
  await expect((await startOf(app, "fails")).returnValue).rejects.toThrow("never");
  const waiting = await startOf(app, "waits");
  const log = () => app!.world.runs.read(waiting.runId, 1, 100);
  await until(async () => (await log()).some(({ event }) => event.type === "wait_created"));
  const gauge = async (name: string) => (await metricsOf(app!)).get(name)!.samples.get("");
  await until(async () => (await gauge("everstep_runs_owned")) === 0);
  // The body that took too long has its slot until it ends.
  await until(async () => (await gauge("everstep_slots_in_use")) === 0);

  const found = await metricsOf(app);
  const samples = (name: string) => Object.fromEntries(found.get(name)?.samples ?? []);
  expect(samples("everstep_runs_started_total")).toEqual({ "": 4 });
  expect(samples("everstep_runs_ended_total")).toEqual({ completed: 2, failed: 1 });
  expect(samples("everstep_attempts_total")).toEqual({
    ...{ returned: 6, threw: 2, timed_out: 1, lost: 0, handed_back: 0 },
  });
  expect(samples("everstep_attempt_seconds")["_count"]).toBe(9);
  expect(samples("everstep_attempt_seconds")["_sum"]).toBeGreaterThan(0.02);
  expect(samples("everstep_start_delay_seconds")["_count"]).toBe(4);
  expect(samples("everstep_append_seconds")["_count"]).toBeGreaterThanOrEqual(10);
  expect(samples("everstep_turn_seconds")["_count"]).toBeGreaterThanOrEqual(10);
  expect(samples("everstep_claims_total")[""]).toBeGreaterThanOrEqual(4);
  expect(samples("everstep_consuming")).toEqual({ "": 1 });
  expect(samples("everstep_world_reachable")).toEqual({ "": 1 });
  expect(samples("everstep_overdue_seconds")).toEqual({ "": 0 });
});

test("the buckets of a histogram ascend to its count", async () => {
  app = await open({ prefix: "buckets" });
  await (
    await startOf(app, "sum")
  ).returnValue;
  const histograms = [...(await metricsOf(app))].filter(([, { type }]) => type === "histogram");
  expect(histograms.length).toBe(4);
  for (const [, { samples }] of histograms) {
    const buckets = [...samples].filter(([name]) => name.startsWith("_bucket"));
    const counts = buckets.map(([, count]) => count);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(buckets.at(-1)).toEqual(["_bucket+Inf", samples.get("_count")]);
  }
});

test("parked runs are counted by the code of their reason, and those that go on again are not", async () => {
  app = await open({ prefix: "parked" });
  const records = registryRecords();
  const place = records.findIndex(({ id }) => id.endsWith("//missing"));
  const [record] = records.splice(place, 1);
  const { runId } = await startOf(app, "parks");
  const parked = async () => (await metricsOf(app!)).get("everstep_runs_parked")!.samples;
  await until(async () => (await parked()).get("STEP_NOT_REGISTERED") === 1);
  const total = (await metricsOf(app)).get("everstep_runs_parked_total")!.samples;
  expect(total.get("STEP_NOT_REGISTERED")).toBeGreaterThanOrEqual(1);
  records.push(record!);
  await getRun(runId, { world: app.world }).returnValue;
  expect([...(await parked())]).toEqual([["STEP_NOT_REGISTERED", 0]]);
});

test("a run whose owner was lost is counted when it is taken up again", async () => {
  app = await open({ prefix: "redriven", worker: false });
  const run = await startOf(app, "sum");
  const { dispatch } = app.world;
  const session = (await dispatch.openSession())!;
  await until(async () => (await dispatch.claim(session, "the lost one's", 10)).length > 0);
  await dispatch.closeSession(session);
  await app.restart({ worker: true });
  await getRun(run.runId, { world: app.world }).returnValue;
  await until(async () => {
    const redriven = (await metricsOf(app!)).get("everstep_redriven_total")!;
    return redriven.samples.get("run") === 1;
  });
});

test("a process that executes nothing says what the world says: how long due runs have waited", async () => {
  const warned = jest.spyOn(console, "warn").mockImplementation(() => undefined);
  app = await open({ prefix: "idle", worker: false });
  await startOf(app, "sum");
  await until(
    async () => (await metricsOf(app!)).get("everstep_overdue_seconds")!.samples.get("")! > 0.05,
  );
  warned.mockRestore();
  expect((await metricsOf(app)).get("everstep_runs_due")!.samples.get("")).toBe(1);
  const names = [...(await metricsOf(app)).keys()];
  expect(names).not.toContain("everstep_runs_started_total");
});

test("a world that is away is told, in time, and nothing rejects", async () => {
  const other = await startRedisServer();
  const openWorld = () => createRedisWorld({ url: other.url });
  app = await openApp(SOURCE, { openWorld });
  await other.stop();
  const found = await metricsOf(app);
  expect(found.get("everstep_world_reachable")!.samples.get("")).toBe(0);
  expect(found.has("everstep_runs_started_total")).toBe(true);
});

test("labels and help texts are escaped as the format asks", () => {
  const label = ["code", 'a "b" \\ c\nd'] as const;
  const samples = [{ label, value: 1.5e-7 }];
  const text = metricsText([{ name: "x", help: "one\ntwo \\", type: "gauge", samples }]);
  expect(text).toBe(
    ["# HELP x one\\ntwo \\\\", "# TYPE x gauge", 'x{code="a \\"b\\" \\\\ c\\nd"} 1.5e-7', ""].join(
      "\n",
    ),
  );
  expect(parse(text).get("x")!.samples.size).toBe(1);
});
