/** Who owns a run, and what that is worth when answers, leases and clocks go astray (E0, E1, P3, R7). */
import { performance } from "node:perf_hooks";
import { resumeHook, type Run } from "../../lib/api";
import type { World } from "../../lib/contract/world";
import { createRuntime } from "../../lib/runtime";
import { changed, Gate, withShortLease } from "./changed-world";
import { openApp, runOf, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
import { sleep, createHook, getStepMetadata } from "everstep";
export const counts = {};
const count = (name) => { counts[name] = (counts[name] ?? 0) + 1; };

export async function add(a, b) { "use step"; return a + b; }
export async function adds() { "use workflow"; return add(1, 2); }
export async function sum(length) {
  "use workflow";
  let total = 0;
  for (let n = 0; n < length; n++) total = await add(total, 1);
  return total;
}
export async function noted(name) { "use step"; count(name); return name; }
export async function notes(ms, name) { "use workflow"; await sleep(ms); return noted(name); }

export async function first(name) {
  "use step";
  const { attempt, signal } = getStepMetadata();
  count(name);
  if (attempt > 1) return attempt;
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  count("aborted " + name);
}
export async function blocks(name) { "use workflow"; return first(name); }
export async function hangs() { "use step"; count("hangs"); await new Promise(() => undefined); }
export async function hanging() { "use workflow"; await Promise.all([hangs(), hangs(), hangs()]); }
export async function naps() { "use workflow"; await sleep("30 minutes"); return "awake"; }
export async function napsBeside() {
  "use workflow";
  return Promise.race([first("beside"), sleep("30 minutes").then(() => "awake")]);
}
export async function talkBeside(token) {
  "use workflow";
  const hook = createHook({ token });
  const first = await hook;
  return [first, await Promise.race([hook, hangs()])].join();
}
export async function talk(token) {
  "use workflow";
  const hook = createHook({ token });
  const heard = [];
  for (let n = 0; n < 3; n++) heard.push(await hook);
  return heard.join();
}
`;

jest.setTimeout(20_000);
// Runs are started here while nobody executes, which is worth a warning.
beforeEach(() => void jest.spyOn(console, "warn").mockImplementation(() => undefined));

let app: TestApp;
afterEach(async () => {
  jest.restoreAllMocks();
  await app.stop();
});

const counts = () => app.exports.counts as unknown as Record<string, number>;
const isHookOpen = async (token: string) => (await app.world.hooks.find(token)) !== null;
const isAsleep = async (run: Run) => (await run.explain()).includes("sleep");

/** A world whose session ends when `isOver` says so, as leases do that were not renewed in time. */
function whoseSessionEnds(world: World, isOver: () => boolean): World {
  return changed(withShortLease(world), "dispatch", (dispatch) => ({
    async renew(session) {
      if (!isOver()) return dispatch.renew(session);
      await dispatch.closeSession(session);
      return null;
    },
  }));
}

test("R7: who claims a run again does not go on with the context of the owner before", async () => {
  const gate = new Gate();
  let isArmed = false;
  const network = (world: World) =>
    changed(world, "runs", (runs) => ({
      async append(append) {
        const outcome = await runs.append(append);
        if (!isArmed || !append.releases) return outcome;
        isArmed = false;
        await gate.pass();
        return outcome;
      },
    }));
  app = await openApp(SOURCE, { network });
  const run = await startOf(app, "talk", "talk:1");
  await until(() => isHookOpen("talk:1"));
  // An engine that has answered somebody since has let go of the run.
  await runOf(app, "adds");
  isArmed = true;
  await resumeHook("talk:1", "a");
  await until(() => gate.isReached);
  await resumeHook("talk:1", "b");
  await runOf(app, "adds");
  gate.open();
  await runOf(app, "adds");
  await resumeHook("talk:1", "c");
  expect(await run.returnValue).toBe("a,b,c");
});

test("P2: a run is not parked since its process was cut off again and again while it began", async () => {
  let losses = 0;
  const isCutOff = () => losses < 5;
  const network = (world: World) =>
    changed(
      whoseSessionEnds(world, () => counts()["begun"] === 1 && losses++ < 5),
      "runs",
      (runs) => ({
        append(append) {
          if (append.events.some(({ type }) => type === "run_started")) counts()["begun"] = 1;
          return isCutOff() ? Promise.reject(new Error("cut off")) : runs.append(append);
        },
      }),
    );
  app = await openApp(SOURCE, { network });
  expect(await runOf(app, "adds")).toBe(3);
  expect(losses).toBeGreaterThanOrEqual(5);
  expect(app.said.filter((line) => line.includes("is parked"))).toEqual([]);
});

test("A1, P3: a session that is lost while a step's start is stored does not call its body", async () => {
  const gate = new Gate();
  let isOver = false;
  const network = (world: World) =>
    changed(
      whoseSessionEnds(world, () => {
        const ends = isOver;
        isOver = false;
        return ends;
      }),
      "runs",
      (runs) => ({
        async append(append) {
          const outcome = await runs.append(append);
          const isStart = append.events.some(({ type }) => type === "step_started");
          if (isStart && !gate.isReached) await gate.pass();
          return outcome;
        },
      }),
    );
  app = await openApp(SOURCE, { network });
  const run = await startOf(app, "blocks", "lost");
  await until(() => gate.isReached);
  isOver = true;
  // The next session has the run: the attempt was lost, and this is the one after it.
  expect(await run.returnValue).toBe(2);
  gate.open();
  expect(await runOf(app, "adds")).toBe(3);
  expect(counts()).toEqual({ lost: 1 });
});

test("E1: what cannot renew for as long as its lease lasts aborts its steps, and comes back", async () => {
  let isCutOff = false;
  const network = (world: World) => {
    let session: string | null = null;
    const answered = <T>(call: () => Promise<T>) =>
      isCutOff ? Promise.reject(new Error("cut off")) : call();
    return changed(withShortLease(world), "dispatch", (dispatch) => ({
      renew: (id) => answered(() => dispatch.renew(id)),
      openSession: () =>
        answered(async () => {
          // Its lease has run out meanwhile.
          if (session !== null) await dispatch.closeSession(session);
          return (session = await dispatch.openSession());
        }),
    }));
  };
  app = await openApp(SOURCE, { network });
  const run = await startOf(app, "blocks", "cut off");
  await until(() => counts()["cut off"] === 1);
  isCutOff = true;
  await until(() => counts()["aborted cut off"] === 1);
  expect(app.said.join("\n")).toContain("The session of this process was lost");
  expect(counts()["cut off"]).toBe(1);
  expect(await run.status).toBe("running");
  isCutOff = false;
  expect(await run.returnValue).toBe(2);
  expect(await runOf(app, "adds")).toBe(3);
});

test("P2: the world's clock jumps, and runs that sleep wake with the next renewal", async () => {
  app = await openApp(SOURCE, { network: withShortLease });
  const [parked, owned] = [await startOf(app, "naps"), await startOf(app, "napsBeside")];
  await until(async () => (await isAsleep(parked)) && (await isAsleep(owned)));
  await until(() => counts().beside === 1);
  const { now } = Date;
  jest.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
  expect(await Promise.all([parked.returnValue, owned.returnValue])).toEqual(["awake", "awake"]);
});

test("E1: two runtimes on one world are one: no body runs twice, and one may stop", async () => {
  app = await openApp(SOURCE);
  await app.runtime.stop();
  const names = Array.from({ length: 60 }, (_, n) => `note ${n}`);
  const begin = (name: string, n: number) => startOf(app, "notes", (n * 7) % 200, name);
  const before = await Promise.all(names.slice(0, 30).map(begin));
  const said: string[] = [];
  const log = (_level: string, message: string) => void said.push(message);
  const { root, world } = app;
  const options = { root, world, log, handlesSignals: false };
  const [one, other] = [createRuntime(options), createRuntime(options)];
  await Promise.all([one.start(), other.start()]);
  expect(said.filter((line) => line.includes("the two runtimes share that"))).toHaveLength(1);
  const after = await Promise.all(names.slice(30).map(begin));
  const results = await Promise.all([...before, ...after].map((run) => run.returnValue));
  expect(results).toEqual(names);
  expect(counts()).toEqual(Object.fromEntries(names.map((name) => [name, 1])));
  await one.stop();
  expect(await runOf(app, "adds")).toBe(3);
  await other.stop();
  expect(await app.world.dispatch.isServed()).toBe(false);
});

test("P8: more runs at once than contexts are kept for are not replayed in every turn", async () => {
  let replays = 0;
  const network = (world: World) =>
    changed(world, "runs", (runs) => ({
      read(runId, from, limit) {
        if (from === 1) replays++;
        return runs.read(runId, from, limit);
      },
    }));
  app = await openApp(SOURCE, { network });
  const runs = await Promise.all(Array.from({ length: 250 }, () => startOf(app, "sum", 10)));
  const sums = await Promise.all(runs.map((run) => run.returnValue));
  expect(sums).toEqual(sums.map(() => 10));
  expect(replays).toBeGreaterThanOrEqual(250);
  expect(replays).toBeLessThan(500);
});

/** A world that answers the next claim too late to be heard, once `isArmed` says so. */
function whoseClaimIsLost(world: World, gate: Gate, isArmed: () => boolean): World {
  return changed(world, "dispatch", (dispatch) => ({
    async claim(...request) {
      const claims = await dispatch.claim(...request);
      if (gate.isReached || !isArmed()) return claims;
      await gate.pass();
      throw new Error("The answer was lost");
    },
  }));
}

describe.each([
  ["as the world is", (world: World) => world],
  // What is left is that the engine does not take an old answer for one about now.
  ["where nobody says what is due", withoutNextDue],
])("P2: a claim whose answer was lost, %s", (_name, decorate) => {
  let isArmed = false;
  let gate: Gate;
  beforeEach(async () => {
    [isArmed, gate] = [false, new Gate()];
    const network = (world: World) => whoseClaimIsLost(decorate(world), gate, () => isArmed);
    app = await openApp(SOURCE, { network });
    expect(await runOf(app, "adds")).toBe(3);
  });

  test("runs that became due before that was known do not wait for somebody to ring", async () => {
    isArmed = true;
    const first = await startOf(app, "adds");
    await until(() => gate.isReached);
    const second = await startOf(app, "adds");
    gate.open();
    expect(await Promise.all([first.returnValue, second.returnValue])).toEqual([3, 3]);
  });

  // A renewal of the session finds them as well, 10 seconds after it began.
  test("messages that came before that was known are read at once", async () => {
    const run = await startOf(app, "talkBeside", "talk:lost");
    await until(() => isHookOpen("talk:lost"));
    // An engine that has answered somebody since has let go of the run.
    await runOf(app, "adds");
    isArmed = true;
    await resumeHook("talk:lost", "a");
    await until(() => gate.isReached);
    await resumeHook("talk:lost", "b");
    gate.open();
    expect(await run.returnValue).toBe("a,b");
  }, 8_000);
});

/** A world in which only those who ring and those who ask again hear of runs. */
function withoutNextDue(world: World): World {
  return changed(world, "dispatch", () => ({ nextDue: async () => null }));
}

test.each([
  ["while all of them run", 100],
  ["while one of them waits for a slot", 2],
])("E8: who waits for steps to end before it stops is not busy with that, %s", async (_, slots) => {
  app = await openApp(SOURCE, { concurrency: slots });
  await startOf(app, "hanging");
  await until(() => counts().hangs === Math.min(slots, 3));
  const before = performance.eventLoopUtilization();
  await app.runtime.stop({ graceMs: 1_000 });
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
});
