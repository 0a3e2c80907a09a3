/** Runs that are parked, and what comes for them meanwhile: messages, steps, deadlines (P2, P6, E6, E7). */
import { getRun, resumeHook, type Run, start } from "../../lib/api";
import { findRecord, type RegistryRecord, registryRecords } from "../../lib/contract/registry";
import { writeMessage } from "../../lib/contract/message";
import type { World } from "../../lib/contract/world";
import { changed, Gate } from "./changed-world";
import { openApp, runOf, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
import { createHook } from "everstep";
export async function add(a, b) { "use step"; return a + b; }
export async function adds() { "use workflow"; return add(1, 2); }
export async function lost() { "use step"; return "found"; }
export async function usesLost() { "use workflow"; return lost(); }
export async function spins() { "use workflow"; await add(1, 1); for (;;); }
export async function spinsWhenTold(token) { "use workflow"; await createHook({ token }); for (;;); }
export async function matches(token) {
  "use workflow";
  return /^(a+)+$/.test(await createHook({ token }));
}
export async function talk(token) {
  "use workflow";
  const hook = createHook({ token });
  const heard = [];
  for (let n = 0; n < 3; n++) heard.push(await hook);
  return heard.join();
}
`;

jest.setTimeout(10_000);
// Runs are started here while nobody executes, which is worth a warning.
beforeEach(() => void jest.spyOn(console, "warn").mockImplementation(() => undefined));

let app: TestApp;
afterEach(async () => {
  await app.stop();
  jest.restoreAllMocks();
});

const isParked = async (run: Run) => (await run.explain()).startsWith("The run is parked");
const isHookOpen = async (token: string) => (await app.world.hooks.find(token)) !== null;
const inboxOf = ({ runId }: Run) => app.world.inbox.read(runId, 10);
const recordOf = async ({ runId }: Run) => (await app.world.runs.get(runId))!;
const timesParked = ({ runId }: Run) =>
  app.said.filter((line) => line.startsWith(`Run "${runId}" is parked`)).length;

/** Claimed so often by processes that came to nothing. */
async function claimInVain(world: World, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const session = (await world.dispatch.openSession())!;
    await world.dispatch.claim(session, `claim ${n}`, 10);
    await world.dispatch.closeSession(session);
  }
}

test("P2: a payload that makes the workflow block parks the run once, and is not lost", async () => {
  app = await openApp(SOURCE, { limits: { turnMs: 1_000 } });
  const { runId } = await startOf(app, "matches", "block:1");
  await until(() => isHookOpen("block:1"));
  await app.runtime.stop();
  await app.world.dispatch.strike(runId);
  await resumeHook("block:1", "a".repeat(40) + "!");
  await app.restart();
  const run = getRun(runId);
  await until(() => isParked(run));
  expect(await run.explain()).toContain("(TURN_TIME_EXCEEDED)");
  const types: string[] = [];
  for await (const { event } of run.events()) types.push(event.type);
  expect([types.at(-1), await inboxOf(run)]).toEqual(["hook_received", []]);
  // From here on it is refused before it is loaded; what comes now stays where it is.
  await resumeHook("block:1", "more");
  await until(() => timesParked(run) === 1);
  await until(async () => (await recordOf(run)).dueAt === null);
  for (let n = 0; n < 3; n++) expect(await runOf(app, "adds")).toBe(3);
  expect(timesParked(run)).toBe(1);
  expect(await recordOf(run)).toMatchObject({ dueAt: null, position: types.length });
  expect(await inboxOf(run)).toHaveLength(1);
});

test("P1, P2: what comes for a run that cannot be loaded is there when it can be", async () => {
  let isBroken = false;
  const network = (world: World) =>
    changed(world, "bundles", (bundles) => ({
      get: async (hash) => (isBroken ? null : bundles.get(hash)),
    }));
  app = await openApp(SOURCE, { network });
  const { runId } = await startOf(app, "talk", "talk:1");
  await until(() => isHookOpen("talk:1"));
  await app.runtime.stop();
  isBroken = true;
  await app.restart();
  const run = getRun(runId);
  for (const [n, payload] of ["a", "b"].entries()) {
    await resumeHook("talk:1", payload);
    await until(() => timesParked(run) > n);
    await until(async () => (await recordOf(run)).dueAt === null);
  }
  expect(await run.wakeUp()).toEqual({ stoppedCount: 0 });
  await until(() => timesParked(run) === 3);
  const others = [await startOf(app, "adds"), await startOf(app, "adds")];
  for (const other of others) await until(() => isParked(other));
  expect([timesParked(run), (await recordOf(run)).dueAt]).toEqual([3, null]);
  isBroken = false;
  await run.wakeUp();
  await resumeHook("talk:1", "c");
  expect(await run.returnValue).toBe("a,b,c");
});

test("E4: a message that comes while its run is being parked lets it try again", async () => {
  const gate = new Gate();
  const network = (world: World) =>
    changed(world, "runs", (runs) => ({
      async append(append) {
        if (append.change?.parked?.code === "RUN_MAKES_NO_PROGRESS") await gate.pass();
        return runs.append(append);
      },
    }));
  app = await openApp(SOURCE, { network });
  await app.runtime.stop();
  const { runId } = await startOf(app, "adds");
  await claimInVain(app.world, 3);
  await app.restart();
  await until(() => gate.isReached);
  await app.world.inbox.send(runId, { body: writeMessage({ type: "wake", calls: [] }) });
  gate.open();
  expect(await getRun(runId).returnValue).toBe(3);
});

test("E6: a run without progress that has a message is parked once, and takes it when woken", async () => {
  app = await openApp(SOURCE);
  const { runId } = await startOf(app, "talk", "talk:2");
  await until(() => isHookOpen("talk:2"));
  await app.runtime.stop();
  await resumeHook("talk:2", "kills");
  await claimInVain(app.world, 3);
  await app.restart();
  const run = getRun(runId);
  await until(() => isParked(run));
  const { position } = await recordOf(run);
  for (let n = 0; n < 3; n++) expect(await runOf(app, "adds")).toBe(3);
  expect(timesParked(run)).toBe(1);
  expect(await recordOf(run)).toMatchObject({
    ...{ dueAt: null, position },
    parked: { code: "RUN_MAKES_NO_PROGRESS" },
  });
  await run.wakeUp();
  for (const payload of ["b", "c"]) await resumeHook("talk:2", payload);
  expect(await run.returnValue).toBe("kills,b,c");
});

test("P6: a step that comes while the world does not list what is parked wakes its run all the same", async () => {
  let failures = 0;
  let isFailing = false;
  const network = (world: World) =>
    changed(world, "runs", (runs) => ({
      async list(query) {
        if (!isFailing) return runs.list(query);
        isFailing = false;
        failures++;
        throw new Error("not now");
      },
    }));
  app = await openApp(SOURCE, { network });
  const record = unregister("step//./workflows/test//lost");
  const run = await startOf(app, "usesLost");
  await until(() => isParked(run));
  isFailing = true;
  registryRecords().push(record);
  expect(await run.returnValue).toBe("found");
  expect(failures).toBe(1);
});

/** Other apps of this file have registered it as well. */
function unregister(id: string): RegistryRecord {
  const records = registryRecords();
  const record = findRecord(id)!;
  for (let n = records.length - 1; n >= 0; n--) if (records[n]!.id === id) records.splice(n, 1);
  return record;
}

test.each([
  ["spins", "at once"],
  ["spinsWhenTold", "in a context that was kept from an earlier turn"],
])("P2: a parked run fails at its deadline: %s, %s", async (name) => {
  app = await openApp(SOURCE, { limits: { turnMs: 100 } });
  const token = "spin:1";
  const run = await start(app.exports[name] as never, [token] as never, { deadline: 1_500 });
  if (name === "spinsWhenTold") {
    await until(() => isHookOpen(token));
    // Who has answered others since has let go of the run.
    await runOf(app, "adds");
    await resumeHook(token, "spin");
  }
  await until(() => isParked(run));
  await expect(run.returnValue).rejects.toMatchObject({ cause: { code: "RUN_TIMED_OUT" } });
  expect((await recordOf(run)).parked).toBeUndefined();
});

test("P2: a run that is parked before it is loaded fails at its deadline", async () => {
  app = await openApp(SOURCE);
  await app.runtime.stop();
  const options = { deadline: 1_500 };
  const { runId } = await start(app.exports.adds as never, [] as never, options);
  await claimInVain(app.world, 3);
  await app.restart();
  const run = getRun(runId);
  await until(() => isParked(run));
  expect(await run.explain()).toContain("(RUN_MAKES_NO_PROGRESS)");
  await expect(run.returnValue).rejects.toMatchObject({ cause: { code: "RUN_TIMED_OUT" } });
});

test("P2: a run that is to begin after its deadline fails at its deadline", async () => {
  app = await openApp(SOURCE);
  const before = await app.world.now();
  const run = await start(app.exports.adds as never, [] as never, {
    delay: "1 hour",
    deadline: 50,
  });
  await expect(run.returnValue).rejects.toMatchObject({ cause: { code: "RUN_TIMED_OUT" } });
  const { endedAt } = await recordOf(run);
  expect(endedAt).toBeGreaterThanOrEqual(before + 50);
});
