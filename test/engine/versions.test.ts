/** Deploys while runs are in flight: workflows keep their code, steps are today's (P6). */
import { getRun, resumeHook, type Run, start } from "../../lib/api";
import type { WorkflowReference } from "../../lib/api";
import { createRuntime } from "../../lib/runtime";
import { openApp, startOf, type TestApp, type TestAppOptions, unregister, until } from "./test-app";

const HEAD = `import { sleep, createHook, FatalError } from "everstep";`;
const V1 = `${HEAD}
export async function one() { "use step"; return "one v1"; }
export async function two() { "use step"; return "two v1"; }
export async function order() {
  "use workflow";
  const first = await one();
  await createHook({ token: "go" });
  return [first, await two(), "code v1"];
}`;
/** One more step ahead of the place where runs of the first version wait. */
const V2 = `${HEAD}
export async function one() { "use step"; return "one v2"; }
export async function more() { "use step"; return "more v2"; }
export async function two() { "use step"; return "two v2"; }
export async function order() {
  "use workflow";
  const first = await more();
  const second = await one();
  await createHook({ token: "go 2" });
  return [first, second, await two(), "code v2"];
}`;
const RENAMED = V1.replaceAll("two()", "second()").replace("v1", "v3");

let app: TestApp;

afterEach(async () => {
  await app.stop();
  unregister();
});

const again = <T>(run: Run<T>): Run<T> => getRun<T>(run.runId, { world: app.world });

/** A run of the first version, which waits for its hook. */
async function waitingRun(options: TestAppOptions = {}): Promise<Run> {
  app = await openApp(V1, options);
  const run = await startOf(app, "order");
  await untilWaiting(run, 'token "go"');
  return run;
}

async function untilWaiting(run: Run, what: string): Promise<void> {
  await until(async () => (await again(run).explain()).includes(what));
}

const resume = (token: string) => resumeHook(token, "go", { world: app.world });

test("K1: runs in flight finish on their own code, and new ones have the new code", async () => {
  app = await openApp(V1);
  const old = await startOf(app, "order");
  await untilWaiting(old, 'token "go"');
  await app.deploy(V2);
  const young = await startOf(app, "order");
  await untilWaiting(young, 'token "go 2"');
  await resume("go");
  await resume("go 2");
  expect(await again(old).returnValue).toEqual(["one v1", "two v2", "code v1"]);
  expect(await young.returnValue).toEqual(["more v2", "one v2", "two v2", "code v2"]);
});

test("K2: a step that is not deployed parks the run, says so, and is back after a rollback", async () => {
  const run = await waitingRun();
  await app.deploy(RENAMED);
  await resume("go");
  await untilWaiting(run, "STEP_NOT_REGISTERED");
  expect(await again(run).explain()).toContain("step//./workflows/test//two");
  await app.deploy(V1);
  expect(await again(run).returnValue).toEqual(["one v1", "two v1", "code v1"]);
});

test("K2: a step that answers to its old id lets the run go on", async () => {
  const run = await waitingRun();
  await app.deploy(RENAMED);
  await resume("go");
  await untilWaiting(run, "STEP_NOT_REGISTERED");
  await app.deploy(`${RENAMED}\nsecond.formerly = ["step//./workflows/test//two"];`);
  expect(await again(run).returnValue).toEqual(["one v1", "two v1", "code v1"]);
});

test("F8: a hook that waits over many deploys is resumed on the code it was made by", async () => {
  const run = await waitingRun();
  for (let version = 10; version < 30; version++) {
    await app.deploy(V2.replaceAll("v2", `v${version}`));
  }
  await resume("go");
  expect(await again(run).returnValue).toEqual(["one v1", "two v29", "code v1"]);
});

test("a retry on the latest code moves a run in flight, where the code takes the same path", async () => {
  const run = await waitingRun();
  await app.deploy(V1.replaceAll("v1", "v4"));
  await again(run).retry({ code: "latest" });
  await until(async () => (await typesOf(run)).includes("code_changed"));
  await resume("go");
  expect(await again(run).returnValue).toEqual(["one v1", "two v4", "code v4"]);
});

test("a retry on code that takes another path parks the run, with both calls named", async () => {
  const run = await waitingRun();
  await app.deploy(V2);
  await again(run).retry({ code: "latest" });
  await untilWaiting(run, "REPLAY_DIVERGED");
  const why = await again(run).explain();
  expect(why).toContain('step "one"');
  expect(why).toContain('step "more"');
  // It is parked, never failed; and goes on when the code is put right.
  expect(await again(run).status).toBe("running");
  await app.deploy(V1.replaceAll("v1", "v5"));
  await again(run).retry({ code: "latest" });
  await resume("go");
  expect(await again(run).returnValue).toEqual(["one v1", "two v5", "code v5"]);
});

test("with the latest code asked for, runs in flight follow each deploy", async () => {
  const run = await waitingRun({ code: "latest" });
  await app.deploy(V2);
  await resume("go");
  await untilWaiting(run, "REPLAY_DIVERGED");
  await app.deploy(V1.replaceAll("v1", "v6"));
  expect(await again(run).returnValue).toEqual(["one v1", "two v6", "code v6"]);
});

test("a workflow that is not in the latest code is no reason to leave the code it has", async () => {
  const run = await waitingRun({ code: "latest" });
  await app.deploy(V1.replace("function order", "function renamed"));
  await expect(again(run).retry({ code: "latest" })).rejects.toThrow("has no workflow");
  await resume("go");
  expect(await again(run).returnValue).toEqual(["one v1", "two v1", "code v1"]);
});

test("a bundle stays as long as a run that has it, and no longer", async () => {
  const run = await waitingRun();
  const { bundle } = (await app.world.runs.get(run.runId))!;
  await app.deploy(V2);
  await app.world.runs.expire({ finishedMs: -1, failedMs: -1 }, 100);
  expect(await app.world.bundles.get(bundle)).not.toBeNull();
  await resume("go");
  await again(run).returnValue;
  await app.world.runs.expire({ finishedMs: -1, failedMs: -1 }, 100);
  expect(await app.world.bundles.get(bundle)).toBeNull();
});

test("an option of a retry that makes no sense changes nothing", async () => {
  const run = await waitingRun();
  const bad = run.retry({ code: "newest" as "latest" });
  await expect(bad).rejects.toMatchObject({ code: "RETRY_OPTION_INVALID" });
  await resume("go");
  await run.returnValue;
  await expect(run.retry()).rejects.toMatchObject({ code: "RUN_OVER" });
});

test("a runtime is not made with code that is neither pinned nor latest", async () => {
  app = await openApp(V1);
  const { world } = app;
  const make = () => createRuntime({ world, code: "newest" as "latest" });
  expect(make).toThrow(expect.objectContaining({ code: "RUNTIME_OPTION_INVALID" }));
});

test("deploys between any two events of a run change nothing of what it does", async () => {
  const source = (version: number) => `${HEAD}
    export async function add(a, b) { "use step"; return a + b; }
    export async function long() {
      "use workflow";
      let total = ${version === 0 ? 0 : 1000};
      for (let n = 1; n <= 4; n++) {
        total = await add(total, n);
        await sleep(1);
        const hook = createHook({ token: "turn " + n });
        total += await hook;
      }
      return total;
    }`;
  app = await openApp(source(0));
  const run = await start(app.exports.long as unknown as WorkflowReference, [], {
    world: app.world,
  });
  for (let turn = 1; turn <= 4; turn++) {
    await until(async () => (await app.world.hooks.find(`turn ${turn}`)) !== null);
    await app.deploy(source(turn));
    await resumeHook(`turn ${turn}`, 100, { world: app.world });
  }
  expect(await again(run).returnValue).toBe(410);
});

async function typesOf(run: Run): Promise<string[]> {
  const entries = await app.world.runs.read(run.runId, 1, 100);
  return entries.map(({ event: { type } }) => type);
}
