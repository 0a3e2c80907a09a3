import type { CompiledBundle } from "../../lib/replay/sandbox";
import { expectSameEverywhere } from "./expect-replay";
import { bundleOf, START, workflowId } from "./world";

const SOURCE = `
import { sleep } from "everstep";
export async function work() { "use step" }
export async function one(duration: any, isDate: boolean) {
  "use workflow";
  const before = Date.now();
  await sleep(isDate ? new Date(duration) : duration);
  return Date.now() - before;
}
export async function wrong() {
  "use workflow";
  const texts: unknown[] = [];
  for (const duration of ["abc", "", -1, NaN, Infinity, {}, undefined, "-5s", "1".repeat(200)] as any[]) {
    texts.push(await sleep(duration).then(() => "slept", (error) => error.message));
  }
  return texts;
}
export async function options() {
  "use workflow";
  const texts: unknown[] = [];
  for (const options of [{ name: null }, { name: "" }, { name: {} }, 5, null, undefined] as any[]) {
    texts.push(await sleep(1, options).then(() => "slept", (error) => error.message));
  }
  return texts;
}
export async function parallel() {
  "use workflow";
  const before = Date.now();
  await Promise.all([sleep("1s"), sleep("3s"), sleep("2s")]);
  return Date.now() - before;
}
export async function race() {
  "use workflow";
  return Promise.race([sleep("1s").then(() => "slept"), work().then(() => "worked")]);
}
export async function cancelled() {
  "use workflow";
  const reminder = sleep("1h");
  let reminded = false;
  void reminder.then(() => (reminded = true));
  await work();
  reminder.cancel();
  reminder.cancel();
  { using unused = sleep("2h"); }
  await sleep("3h");
  return reminded;
}
export async function named() {
  "use workflow";
  await sleep("1s", { name: "cool down" });
  return "done";
}
`;

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

function run(name: string, args: unknown[] = [], stepMs = 1) {
  const steps = { work: () => undefined };
  const script = { workflow: workflowId(name), args, steps, stepMs: () => stepMs };
  return expectSameEverywhere(bundle, script);
}

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;

test.each([
  ["10s", 10 * SECOND],
  ["5 minutes", 5 * 60 * SECOND],
  ["1 day", DAY],
  ["2w", 14 * DAY],
  ["1.5h", 90 * 60 * SECOND],
  ["1 month", 30 * DAY],
  ["2 months", 60 * DAY],
  ["3mo", 90 * DAY],
  ["1y", 365.25 * DAY],
  ["100", 100],
  [0, 0],
  [2 ** 31 + 5, 2 ** 31 + 5],
])("sleep(%j) lasts %d ms (SL-02, SL-09)", (duration, ms) => {
  expect(run("one", [duration]).result()).toBe(ms);
});

test("sleep(Date) lasts until then, and not at all when it is past (SL-02, SL-03)", () => {
  expect(run("one", [START + 5 * SECOND, true]).result()).toBe(5 * SECOND);
  expect(run("one", [START - DAY, true]).result()).toBe(0);
});

test("what is no duration rejects with the documented texts (SL-05, C223)", () => {
  const text = (value: string) =>
    `Invalid duration: "${value}". Expected a valid duration string like "1s", "1m", "1h", etc.`;
  const number = (value: string) =>
    `Invalid duration: ${value}. Expected a non-negative finite number of milliseconds.`;
  const other =
    "Invalid duration parameter. Expected a duration string, number (milliseconds), or Date object.";
  expect(run("wrong").result()).toEqual([
    text("abc"),
    text(""),
    number("-1"),
    number("NaN"),
    number("Infinity"),
    other,
    other,
    text("-5s"),
    text("1".repeat(200)),
  ]);
});

test("a sleep lasts whole milliseconds, and ends before the last moment there is", () => {
  expect(run("one", [0.5]).result()).toBe(1);
  expect(run("one", ["0.3ms"]).result()).toBe(1);
  const world = run("one", [Number.MAX_VALUE]);
  expect(() => world.result()).toThrow("Expected a duration that ends before the year 275760.");
});

test("options that make no sense reject, and count for nothing", () => {
  const name = "The `name` of a sleep must be a string that is not empty";
  const options = "The options of sleep must be an object";
  expect(run("options").result()).toEqual([name, name, name, options, "slept", "slept"]);
});

test("sleeps in parallel take as long as the longest (SL-07, C226)", () => {
  expect(run("parallel").result()).toBe(3 * SECOND);
});

test("a sleep is a deadline for a step, and one that lost is left (SL-08, C227, C228)", () => {
  expect(run("race", [], 10 * SECOND).result()).toBe("slept");
  expect(run("race", [], 10).result()).toBe("worked");
});

test("a cancelled sleep never ends, leaves the due index at once, and costs one event", () => {
  const world = run("cancelled");
  expect(world.result()).toBe(false);
  expect(world.log.filter(({ type }) => type === "wait_cancelled")).toHaveLength(2);
  expect(world.log.filter(({ type }) => type === "wait_completed")).toHaveLength(1);
});

test("the moment is fixed when the sleep begins (SL-04)", () => {
  const world = run("named");
  const created = world.log.find((event) => event.type === "wait_created");
  expect(created).toMatchObject({ dueAt: START + SECOND, call: "sleep//=cool down:1" });
});
