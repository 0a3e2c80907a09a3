import { getWorld, resumeHook, start } from "../../lib/api";
import { current } from "../../lib/runtime/current";
import { type TestWorld, waitForHook, waitForSleep } from "../../lib/testing";
import { loadApp } from "./load-app";

const DAY = 86_400_000;
const START = new Date("2030-01-01T00:00:00Z");

const app = loadApp(`
import { createHook, FatalError, RetryableError, sleep } from "everstep";
import { start } from "everstep/api";

export async function noop(n) { "use step"; return n; }
export async function week() {
  "use workflow";
  const before = Date.now();
  await sleep("7 days");
  return Date.now() - before;
}
export async function race() {
  "use workflow";
  const hook = createHook();
  const limit = sleep("1 day");
  return Promise.race([hook, limit.then(() => "too late")]);
}
export async function diary(days) {
  "use workflow";
  const seen = [];
  for (let day = 0; day < days; day++) {
    seen.push(new Date().toISOString().slice(0, 10));
    await noop(day);
    await sleep("1 day");
  }
  return seen;
}
let attempts = 0;
export async function flaky() {
  "use step";
  if (++attempts % 3 !== 0) throw new Error("not yet");
  return attempts;
}
flaky.backoff = "1 hour";
export async function retries() {
  "use workflow";
  const before = Date.now();
  await flaky();
  return Date.now() - before;
}
let later = 0;
export async function asksForLater() {
  "use step";
  if (later++ === 0) throw new RetryableError("later", { retryAfter: "2 hours" });
}
export async function retriesLater() {
  "use workflow";
  await sleep("30 days");
  const before = Date.now();
  await asksForLater();
  return Date.now() - before;
}
export async function waitsForEver() {
  "use workflow";
  await createHook();
}
export async function child() {
  "use workflow";
  await sleep("1 day");
  return "grown up";
}
export async function raise() {
  "use step";
  const run = await start(child);
  return run.returnValue;
}
export async function parent() {
  "use workflow";
  return raise();
}
export async function slow(name) { "use step"; await slow.wait(); return name; }
slow.timeout = "1 hour";
slow.maxRetries = 0;
export async function limited() {
  "use workflow";
  try { return await slow("a"); } catch (error) { return error.message; }
}
export async function quote() {
  "use workflow";
  return Promise.race([slow("offer"), sleep("10 minutes").then(() => "no answer")]);
}
`);
const { exports: workflows } = app;

let world: TestWorld;

beforeEach(() => void (world = app.open({ now: START })));
afterEach(() => world.close());

async function resultOf(name: string, ...args: unknown[]): Promise<unknown> {
  const run = await start(workflows[name]!, args);
  return run.returnValue;
}

test("a sleep of a week takes no time, and the workflow's clock shows that it is over", async () => {
  const began = performance.now();
  expect(await resultOf("week")).toBe(7 * DAY);
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(world.time).toEqual(new Date(START.getTime() + 7 * DAY));
  expect(await world.now()).toBe(world.time.getTime());
});

test("time stands still while nobody awaits a run, so a hook comes before its time limit", async () => {
  const run = await start(workflows.race!);
  const { token } = await waitForHook(run);
  await resumeHook(token, "in time");
  expect(await run.returnValue).toBe("in time");
  expect(world.time).toEqual(START);
});

test("a hook that is resumed without waiting for the outside comes in time, even while the run is awaited", async () => {
  const run = await start(workflows.race!);
  const result = run.returnValue;
  const { token } = await waitForHook(run);
  await resumeHook(token, "in time");
  expect(await result).toBe("in time");
});

test("a hook that nobody resumes is overtaken by its time limit", async () => {
  expect(await resultOf("race")).toBe("too late");
  expect(world.time.getTime() - START.getTime()).toBe(DAY);
});

test("advance goes through each moment on the way, and what it brought about is done", async () => {
  const run = await start(workflows.diary!, [5]);
  await world.advance("2.5 days");
  const days = [];
  for await (const { event } of run.events()) {
    if (event.type === "step_completed") days.push((event.at - START.getTime()) / DAY);
  }
  expect(days).toEqual([0, 1, 2]);
  expect(world.time.getTime() - START.getTime()).toBe(2.5 * DAY);
  expect(await run.status).toBe("running");
  await world.advance("1 month");
  expect(await run.status).toBe("completed");
  expect(await run.returnValue).toEqual([1, 2, 3, 4, 5].map((day) => `2030-01-0${day}`));
});

test("advances that are asked for at once follow each other", async () => {
  await Promise.all([world.advance("1 day"), world.advance(1), world.advance("1h")]);
  expect(world.time.getTime() - START.getTime()).toBe(DAY + 1 + DAY / 24);
});

test("pauses between attempts take virtual time", async () => {
  expect(await resultOf("retries")).toBe((2 * DAY) / 24);
});

test("a pause that a step asks for counts from the virtual present", async () => {
  expect(await resultOf("retriesLater")).toBe((2 * DAY) / 24);
});

test("a delayed start and a deadline take virtual time", async () => {
  const run = await start(workflows.week!, [], { delay: "3 days" });
  expect(await run.returnValue).toBe(7 * DAY);
  expect(world.time.getTime() - START.getTime()).toBe(10 * DAY);
  const late = await start(workflows.waitsForEver!, [], { deadline: "1 day" });
  await expect(late.returnValue).rejects.toMatchObject({ cause: { code: "RUN_TIMED_OUT" } });
});

test("time goes on while a step waits for the end of another run", async () => {
  expect(await resultOf("parent")).toBe("grown up");
});

test("time goes on while a step waits for world time, and its own time limit counts that", async () => {
  Object.assign(workflows.slow!, { wait: () => world.sleep("2 hours") });
  expect(await resultOf("quote")).toBe("no answer");
  expect(world.time.getTime() - START.getTime()).toBe(600_000);
  expect(await resultOf("limited")).toContain("longer than 3600000 ms");
});

test("the run that is awaited and cannot end is named, with what it waits for", async () => {
  await world.close();
  const said = new Promise<string>((resolve) => {
    world = app.open({ log: (_level, message) => resolve(message) });
  });
  const run = await start(workflows.waitsForEver!);
  void run.returnValue.catch(() => undefined);
  expect(await said).toMatch(/is awaited, and no time brings it: The run waits for a payload/);
});

test("a step that keeps world time from going on is named", async () => {
  await world.close();
  const said = new Promise<string>((resolve) => {
    world = app.open({ log: (_level, message) => resolve(message) });
  });
  Object.assign(workflows.slow!, { wait: () => new Promise(() => undefined) });
  await start(workflows.quote!);
  const advancing = world.advance("1 day").catch((error: { code: string }) => error.code);
  expect(await said).toMatch(/waits for steps that run. The run waits for step "slow", which is/);
  await world.close();
  expect(await advancing).toBe("WORLD_CLOSED");
});

test("the same scenario takes the same moments each time", async () => {
  const logs = [];
  for (let n = 0; n < 3; n++) {
    await using own = app.open({ now: START });
    const runs = await Promise.all([1, 2, 3].map((days) => start(workflows.diary!, [days])));
    await own.advance("10 days");
    const times = [];
    for (const run of runs)
      for await (const { event } of run.events()) times.push([event.type, event.at]);
    logs.push(times);
  }
  expect(logs[1]).toEqual(logs[0]);
  expect(logs[2]).toEqual(logs[0]);
});

test("a world is the one of the process until it is closed, and two have nothing in common (TS-09)", async () => {
  expect(getWorld()).toBe(world);
  const run = await start(workflows.week!);
  const other = app.open();
  expect(getWorld()).toBe(other);
  expect(await other.runs.get(run.runId)).toBeNull();
  await world.close();
  expect(getWorld()).toBe(other);
  await other.close();
  expect(current().world).toBeUndefined();
  expect(current().engines.size).toBe(0);
  await expect(run.returnValue).rejects.toMatchObject({ code: "WORLD_CLOSED" });
  await expect(world.advance("1 day")).rejects.toMatchObject({ code: "WORLD_CLOSED" });
});

test("the world is no thenable, and closes itself where it was declared", async () => {
  const same = await (async () => world)();
  expect(same).toBe(world);
  {
    await using scoped = app.open();
    expect(getWorld()).toBe(scoped);
  }
  expect(current().world).toBeUndefined();
});

test("waitForSleep gives the call of the first sleep, which ends it early (TS-04, C579)", async () => {
  const run = await start(workflows.week!);
  const call = await waitForSleep(run);
  expect(await run.wakeUp({ correlationIds: [call] })).toEqual({ stoppedCount: 1 });
  expect(await run.returnValue).toBe(0);
});
