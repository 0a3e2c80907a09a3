import { resumeHook, start } from "../../lib/api";
import { CrashPointError } from "../../lib/errors";
import { current } from "../../lib/runtime/current";
import { crashAt, type TestWorld, waitForHook } from "../../lib/testing";
import { loadApp } from "./load-app";

const app = loadApp(`
import { createHook, sleep } from "everstep";
import { start } from "everstep/api";
export const ledger = [];
export async function reserve(id) { "use step"; ledger.push("reserve"); return "r-" + id; }
export async function charge(id) { "use step"; ledger.push("charge"); return "c-" + id; }
export async function order(id) {
  "use workflow";
  const reserved = await reserve(id);
  await sleep("3 days");
  const hook = createHook();
  const answer = await hook;
  return [reserved, await charge(id), answer];
}
export async function fan() {
  "use workflow";
  const results = await Promise.all([reserve(1), reserve(2), charge(3)]);
  return results.join();
}
export async function nested() {
  "use step";
  const run = await start(fan);
  return run.returnValue;
}
export async function outer() {
  "use workflow";
  return nested();
}
`);
const { exports: workflows } = app;
const options = { root: app.root, log: () => undefined };

async function scenario(world: TestWorld): Promise<unknown> {
  const run = await start(workflows.order!, ["1"]);
  await world.advance("3 days");
  const { token } = await waitForHook(run);
  await resumeHook(token, "yes");
  return run.returnValue;
}

test("a scenario is run with a crash at each append, on either side of it", async () => {
  const report = await crashAt("every-append", scenario, options);
  expect(report.returned).toEqual(["r-1", "c-1", "yes"]);
  expect(report.appends).toBeGreaterThan(3);
  expect(report.points).toHaveLength(report.appends * 2);
  for (const point of report.points) expect(point.returned).toEqual(report.returned);
  const at = report.points.map(({ append, face }) => `${append} ${face}`);
  expect(at.slice(0, 3)).toEqual(["1 before", "1 after", "2 before"]);
  expect(report.points[0]!.events).toEqual([
    "run_started",
    'step_created step "reserve"',
    'step_started step "reserve"',
  ]);
  // What a step has done is recorded by the next append: when that is lost, the step runs again.
  const charged = report.points.find(({ events }) => events[0] === 'step_completed step "charge"')!;
  expect(charged.face).toBe("before");
  expect(charged.repeated).toEqual([{ step: 'step "charge"', times: 2, usually: 1 }]);
  const stored = report.points.filter(({ face }) => face === "after");
  expect(stored.flatMap(({ repeated }) => repeated)).toEqual([]);
  expect(current().world).toBeUndefined();
});

test("steps that run at once, and runs that steps start, bear a crash at any append", async () => {
  const fan = await crashAt(
    "every-append",
    async () => (await start(workflows.fan!)).returnValue,
    options,
  );
  expect(new Set(fan.points.map(({ returned }) => returned))).toEqual(new Set(["r-1,r-2,c-3"]));
  const outer = await crashAt(
    "every-append",
    async (world) => {
      const run = await start(workflows.outer!);
      const result = await run.returnValue;
      const { data } = await world.runs.list({});
      return [result, data.length];
    },
    options,
  );
  // A step that starts a run starts the same one in every attempt.
  for (const { returned } of outer.points) expect(returned).toEqual(["r-1,r-2,c-3", 2]);
});

test("one append may be chosen, and one that does not come is no crash", async () => {
  const run = async () => (await start(workflows.fan!)).returnValue;
  const { points } = await crashAt(2, run, options);
  expect(points.map(({ append, face }) => [append, face])).toEqual([
    [2, "before"],
    [2, "after"],
  ]);
  const none = await crashAt(99, run, options);
  expect(none.points.map(({ events }) => events)).toEqual([[], []]);
});

test("a scenario that fails at a point rejects with its append, its face and its events", async () => {
  const { ledger } = workflows as unknown as { ledger: string[] };
  const once = async () => {
    ledger.length = 0;
    await (
      await start(workflows.fan!)
    ).returnValue;
    const charges = ledger.filter((entry) => entry === "charge").length;
    if (charges > 1) throw new Error(`The customer paid ${charges} times`);
  };
  const failure = await crashAt("every-append", once, options).catch((error: unknown) => error);
  expect(CrashPointError.is(failure)).toBe(true);
  expect(failure).toMatchObject({ code: "CRASH_POINT_FAILED", append: 2, face: "before" });
  expect((failure as Error).message).toMatch(
    /died at append 2, just before it was stored \(step_completed .*\): The customer paid 2 times/,
  );
});

test("a scenario that fails without a crash rejects with what it threw", async () => {
  const failing = crashAt("every-append", () => Promise.reject(new Error("mine")), options);
  await expect(failing).rejects.toThrow(/^mine$/);
});

test("a scenario that does not end says what its runs wait for", async () => {
  const endless = crashAt(1, async () => (await start(workflows.order!, ["1"])).returnValue, {
    ...options,
    timeout: 300,
  });
  await expect(endless).rejects.toThrow(/does not come to an end. The run waits for a payload/);
});
