/** Trouble that is not the run's own: it parks the run, says why, and lets it go on (E6, E7, P2, P6). */
import { getRun, type Run } from "../../lib/api";
import { findRecord, registryRecords } from "../../lib/contract/registry";
import { openApp, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
export async function add(a, b) { "use step"; return a + b; }
export async function lost() { "use step"; return "found"; }
export async function odd() { "use step"; return "even"; }
export async function usesLost() { "use workflow"; return [await add(1, 1), await lost()].join(); }
export async function usesOdd() { "use workflow"; return odd(); }
export async function spins(passes) {
  "use workflow";
  await add(1, 1);
  for (let n = 0; n < passes; n++);
  return "spun";
}
export async function matches(length) {
  "use workflow";
  await add(1, 1);
  return /^(a+)+$/.test("a".repeat(length) + "!");
}
export async function chatty(count) {
  "use workflow";
  for (let n = 0; n < count; n++) await add(n, n);
  return "done";
}
`;
const STEP = (name: string) => `step//./workflows/test//${name}`;

// Runs are started here while nobody executes, which is worth a warning.
beforeEach(() => void jest.spyOn(console, "warn").mockImplementation(() => undefined));

let app: TestApp;
afterEach(() => app.stop());

const isParked = async (run: Run) => (await run.explain()).startsWith("The run is parked");

test("P6, C-ST-16: a step that is not there parks the run, which goes on when it is there", async () => {
  app = await openApp(SOURCE);
  const record = findRecord(STEP("lost"))!;
  registryRecords().splice(registryRecords().indexOf(record), 1);
  const run = await startOf(app, "usesLost");
  await until(() => isParked(run));
  expect(await run.explain()).toBe(
    `The run is parked (STEP_NOT_REGISTERED): Step "${STEP("lost")}" is not registered in the current deployment.`,
  );
  expect(await run.status).toBe("running");
  registryRecords().push(record);
  expect(await run.returnValue).toBe("2,found");
});

test("an option of a step that makes no sense parks the run until it does", async () => {
  app = await openApp(SOURCE);
  const fn = findRecord(STEP("odd"))!.fn;
  fn.maxRetries = -1;
  const run = await startOf(app, "usesOdd");
  await until(() => isParked(run));
  expect(await run.explain()).toContain("`maxRetries` of step");
  delete fn.maxRetries;
  await app.restart();
  expect(await getRun(run.runId).returnValue).toBe("even");
});

test("R1: code that computes without a pause is stopped, and its run is parked", async () => {
  app = await openApp(SOURCE, { limits: { turnMs: 100 } });
  const run = await startOf(app, "spins", 1e12);
  await until(() => isParked(run));
  expect(await run.explain()).toContain("(TURN_TIME_EXCEEDED)");
  // What its step gave is in the log all the same.
  const types: string[] = [];
  for await (const { event } of run.events()) types.push(event.type);
  expect(types).toContain("step_completed");
});

test("R1: a run that has blocked a process is tried out where it does no harm", async () => {
  app = await openApp(SOURCE, { limits: { turnMs: 1000 } });
  await app.runtime.stop();
  const { world } = app;
  const runs = await Promise.all([40, 5].map((length) => startOf(app, "matches", length)));
  for (const { runId } of runs) await world.dispatch.strike(runId);
  await app.restart();
  const [stuck, quick] = runs.map(({ runId }) => getRun(runId)) as [Run, Run];
  expect(await quick.returnValue).toBe(false);
  await until(() => isParked(stuck));
  expect(await stuck.explain()).toContain("(TURN_TIME_EXCEEDED)");
});

test("E6: a run that was begun three times in a row and came to nothing is parked", async () => {
  app = await openApp(SOURCE);
  await app.runtime.stop();
  const { world } = app;
  const run = await startOf(app, "chatty", 3);
  for (let n = 0; n < 3; n++) {
    const session = (await world.dispatch.openSession())!;
    await world.dispatch.claim(session, `claim ${n}`, 10);
    await world.dispatch.closeSession(session);
  }
  await app.restart();
  const again = getRun(run.runId);
  await until(() => isParked(again));
  expect(await again.explain()).toContain("(RUN_MAKES_NO_PROGRESS)");
  await again.wakeUp();
  expect(await again.returnValue).toBe("done");
});

test("ER-18: a run with more events than it may have fails, and somebody was told before", async () => {
  app = await openApp(SOURCE, { limits: { events: 50 } });
  const run = await startOf(app, "chatty", 100);
  await expect(run.returnValue).rejects.toMatchObject({ cause: { code: "MAX_EVENTS_EXCEEDED" } });
  expect(app.said.join("\n")).toContain("at 50 it fails");
  expect(await (await startOf(app, "chatty", 10)).returnValue).toBe("done");
});
