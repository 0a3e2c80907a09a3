/** Sleep in a real runtime: never early, over restarts, for longer than a timer lasts (SL). */
import { getRun, type Run } from "../../lib/api";
import { openApp, runOf, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
import { sleep, fetch } from "everstep";
export const woken = [];
export async function clock() { "use step"; return Date.now(); }
export async function naps(duration) {
  "use workflow";
  const before = await clock();
  await sleep(duration);
  return (await clock()) - before;
}
export async function together() {
  "use workflow";
  const before = Date.now();
  await Promise.all([sleep(20), sleep(60), sleep(90)]);
  return Date.now() - before;
}
export async function leaves() {
  "use workflow";
  return Promise.race([clock().then(() => "step"), sleep("1h").then(() => "sleep")]);
}
export async function wrong(duration) {
  "use workflow";
  try { await sleep(duration); return "slept"; } catch (error) { return error.message; }
}
export async function gets(url, init) {
  "use workflow";
  const response = await fetch(url, init);
  return { status: response.status, type: response.headers.get("x-kind"), body: await response.text() };
}
`;

let app: TestApp;
beforeAll(async () => {
  app = await openApp(SOURCE);
});
afterAll(() => app.stop());

const isAsleep = async (run: Run) => (await run.explain()).includes('sleep "');

test.each([1, 5, 17, 50])("C220: a sleep of %s ms is never shorter", async (ms) => {
  expect(await runOf(app, "naps", ms)).toBeGreaterThanOrEqual(ms);
});

test("C226, SL-07: sleeps at once last as long as the longest", async () => {
  const took = (await runOf(app, "together")) as number;
  expect(took).toBeGreaterThanOrEqual(90);
});

test("C228, SL-08: a run does not wait for a sleep that it left behind", async () => {
  expect(await runOf(app, "leaves")).toBe("step");
});

test.each([
  ["abc", 'Invalid duration: "abc". Expected a valid duration string like "1s", "1m", "1h", etc.'],
  [-1, "Invalid duration: -1. Expected a non-negative finite number of milliseconds."],
  [
    {},
    "Invalid duration parameter. Expected a duration string, number (milliseconds), or Date object.",
  ],
])("C223, SL-05: sleep(%j) is refused, and can be caught", async (duration, message) => {
  expect(await runOf(app, "wrong", duration)).toBe(message);
});

test("SL-03: a moment that is over is waited for no longer", async () => {
  expect(await runOf(app, "wrong", new Date(0))).toBe("slept");
});

test("J7, SL-09: a sleep that is longer than a timer lasts does not end at once", async () => {
  const run = await startOf(app, "naps", "60 days");
  await until(() => isAsleep(run));
  const quick = await runOf(app, "naps", 30);
  expect(quick).toBeGreaterThanOrEqual(30);
  expect(await run.status).toBe("running");
  await run.wakeUp();
  expect(await run.returnValue).toBeLessThan(60_000);
});

test("C238: many runs that wake at once all go on", async () => {
  const runs = await Promise.all(
    Array.from({ length: 200 }, () => startOf(app, "naps", new Date(Date.now() + 300))),
  );
  expect(await Promise.all(runs.map((run) => run.returnValue))).toHaveLength(200);
});

test("B11, C230: a run whose time came while nobody executed goes on at once", async () => {
  const [over, later] = [await startOf(app, "naps", 150), await startOf(app, "naps", "1 day")];
  await until(async () => (await isAsleep(over)) && (await isAsleep(later)));
  await app.runtime.stop();
  await until(async () => (await app.world.now()) > (await over.createdAt).getTime() + 200);
  await app.restart();
  expect(await getRun<number>(over.runId).returnValue).toBeGreaterThanOrEqual(150);
  expect(await isAsleep(getRun(later.runId))).toBe(true);
});

test("C239: the machine's clock is set back, and the run still wakes", async () => {
  const run = await startOf(app, "naps", 80);
  await until(() => isAsleep(run));
  const { now } = Date;
  const clock = jest.spyOn(Date, "now").mockImplementation(() => now() - 60_000);
  expect(await run.returnValue).toBeDefined();
  clock.mockRestore();
});

test("P9: runs that sleep have no timers and no contexts", async () => {
  // memory.test.ts has ten thousand of them, in a process of their own.
  const count = 500;
  const timers = () =>
    process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
  const before = timers();
  const runs: Run[] = [];
  for (let n = 0; n < count; n++) runs.push(await startOf(app, "naps", "30 days"));
  await until(() => isAsleep(runs.at(-1)!));
  await until(async () => (await app.world.dispatch.renew("no session")) === null);
  expect(timers() - before).toBeLessThanOrEqual(1);
});
