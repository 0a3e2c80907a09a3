/** `workflow.concurrency`: so many runs of it go on at once, and the others wait for their turn. */
import { getRun, resumeHook, type Run, start } from "../../lib/api";
import type { RegisteredFunction } from "../../lib/contract/registry";
import { describeOnEachWorld, expectGoodLog, hookOf } from "./each-world";
import { startOf, until } from "./test-app";

const SOURCE = `
import { createHook, FatalError, sleep } from "everstep";
export const begun = [];
export async function begins(name) { "use step"; begun.push(name); }
export async function fails() { "use step"; throw new FatalError("no"); }

/** Goes on until it is told how to end. */
export async function narrow(name) {
  "use workflow";
  await begins(name);
  const how = await createHook({ token: "end " + name });
  if (how === "fail") await fails();
  return name;
}
narrow.concurrency = 2;

export async function naps(name) {
  "use workflow";
  await begins(name);
  await sleep(20);
  return name;
}
naps.concurrency = 2;

export async function wide(name) { "use workflow"; await begins(name); return name; }
`;

const here = describeOnEachWorld(SOURCE, [limits, ends, changes]);

const begun = () => here.app.exports.begun as unknown as string[];
const limit = (name: string) => here.app.exports[name] as unknown as RegisteredFunction;
const end = async (name: string, how = "well") => {
  await hookOf(here.app, `end ${name}`);
  await resumeHook(`end ${name}`, how, { world: here.app.world });
};
const haveBegun = (count: number) => until(() => begun().length === count);
const isInLine = async (run: Run) => (await run.explain()).includes("runs of its workflow");

async function startAll(workflow: string, names: readonly string[]): Promise<Run[]> {
  const runs: Run[] = [];
  for (const name of names) runs.push(await startOf(here.app, workflow, name));
  return runs;
}

/** Those from the third on stand in line; the first two have begun. */
async function startInLine(names: readonly string[]): Promise<Run[]> {
  const runs = await startAll("narrow", names);
  await haveBegun(2);
  for (const run of runs.slice(2)) await until(() => isInLine(run));
  return runs;
}

beforeEach(() => void begun()?.splice(0));

function limits() {
  test("two runs go on at once, and the others begin in the order in which they came", async () => {
    const names = Array.from({ length: 10 }, (_, n) => `order ${n}`);
    const runs = await startInLine(names);
    expect(begun()).toEqual(names.slice(0, 2));
    expect(await runs[9]!.status).toBe("pending");
    expect(await runs[9]!.explain()).toBe(
      "The run waits for the end of one of the 2 runs of its workflow that may go on at once; 7 other runs are ahead of it.",
    );
    for (const [n, name] of names.entries()) {
      await end(name);
      await haveBegun(Math.min(names.length, n + 3));
      expect(begun()).toEqual(names.slice(0, n + 3));
    }
    expect(await Promise.all(runs.map((run) => run.returnValue))).toEqual(names);
    await expectGoodLog(here.app, runs[9]!.runId);
    await until(async () => (await here.app.world.permits!.lines()).length === 0);
  });

  test("runs of other workflows do not wait for them", async () => {
    const runs = await startInLine(["other 0", "other 1", "other 2"]);
    const [wide] = await startAll("wide", ["wide"]);
    expect(await wide!.returnValue).toBe("wide");
    for (const run of runs) await run.cancel();
  });

  test("of many runs that come at once there are never more than two, and all end", async () => {
    const names = Array.from({ length: 40 }, (_, n) => `nap ${n}`);
    const runs = await Promise.all(names.map((name) => startOf(here.app, "naps", name)));
    expect(await Promise.all(runs.map((run) => run.returnValue))).toEqual(names);
    const spans: { at: number; by: number }[] = [];
    for (const { runId } of runs) {
      const record = (await here.app.world.runs.get(runId))!;
      spans.push({ at: record.startedAt!, by: 1 }, { at: record.endedAt!, by: -1 });
    }
    // Where one ends in the moment in which the next begins, it was the first of the two.
    spans.sort((one, other) => one.at - other.at || one.by - other.by);
    let atOnce = 0;
    for (const { by } of spans) expect((atOnce += by)).toBeLessThanOrEqual(2);
  });

  test("P9: a run that waits is nobody's, and is not due", async () => {
    const runs = await startInLine(["idle 0", "idle 1", "idle 2"]);
    const { world } = here.app;
    const dueAt = (await world.runs.get(runs[2]!.runId))!.dueAt ?? Infinity;
    expect(dueAt).toBeGreaterThan((await world.now()) + 3_000_000);
    for (const run of runs) await run.cancel();
  });
}

function ends() {
  test("a run that is cancelled makes room for the next, and one that waits leaves the line", async () => {
    const names = ["c0", "c1", "c2", "c3", "c4"];
    const runs = await startInLine(names);
    await runs[2]!.cancel();
    await runs[0]!.cancel();
    await haveBegun(3);
    expect(begun()).toEqual(["c0", "c1", "c3"]);
    await end("c1");
    await end("c3");
    await end("c4");
    expect(await runs[4]!.returnValue).toBe("c4");
    await until(async () => (await here.app.world.permits!.lines()).length === 0);
  });

  test("a run that fails makes room; when it is retried it stands in line again", async () => {
    const runs = await startInLine(["f0", "f1", "f2"]);
    await end("f0", "fail");
    await haveBegun(3);
    await until(async () => (await runs[0]!.status) === "failed");
    await runs[0]!.retry();
    await until(() => isInLine(runs[0]!));
    expect(await runs[0]!.explain()).toContain("waits for the end of one of the 2 runs");
    await end("f1");
    await until(async () => !(await isInLine(runs[0]!)));
    await until(async () => (await runs[0]!.status) === "failed");
    await end("f2");
    expect(await runs[2]!.returnValue).toBe("f2");
  });

  test("a run whose time is over while it waits fails where it stands", async () => {
    const runs = await startInLine(["d0", "d1", "d2"]);
    const { world } = here.app;
    const late = await start(limit("narrow") as never, ["late"] as never, { world, deadline: 50 });
    await expect(late.returnValue).rejects.toThrow("not over by its deadline");
    expect(begun()).toEqual(["d0", "d1"]);
    for (const run of runs) await run.cancel();
    await until(async () => (await world.permits!.lines()).length === 0);
  });

  test("runs that are cancelled while they come leave no permit behind", async () => {
    const names = Array.from({ length: 30 }, (_, n) => `gone ${n}`);
    const runs = await Promise.all(names.map((name) => startOf(here.app, "naps", name)));
    await Promise.all(runs.map((run) => run.cancel().catch(() => undefined)));
    const [last] = await startAll("naps", ["last"]);
    expect(await last!.returnValue).toBe("last");
    const { permits } = here.app.world;
    const { workflowId } = limit("naps");
    await until(async () => (await permits!.holders(workflowId!, 10)).length === 0);
  });
}

function changes() {
  afterEach(() => void (limit("narrow").concurrency = 2));

  test("a limit that a deploy raises lets runs go that wait", async () => {
    const names = ["r0", "r1", "r2", "r3", "r4"];
    const runs = await startInLine(names);
    limit("narrow").concurrency = 4;
    await here.app.restart();
    await haveBegun(4);
    expect(begun()).toEqual(names.slice(0, 4));
    for (const name of names) await end(name);
    await getRun(runs[4]!.runId, { world: here.app.world }).returnValue;
  });

  test("a limit that a deploy takes away lets all of them go", async () => {
    const names = ["t0", "t1", "t2", "t3", "t4"];
    await startInLine(names);
    delete limit("narrow").concurrency;
    await here.app.restart();
    await haveBegun(5);
    expect([...begun()].sort()).toEqual(names);
    const { world } = here.app;
    await until(async () => (await world.permits!.lines()).length === 0);
    for (const name of names) await end(name);
  });

  test("a limit that makes no sense parks runs before they begin, until it does", async () => {
    limit("narrow").concurrency = 0;
    const [run] = await startAll("narrow", ["odd"]);
    await until(async () => (await run!.explain()).includes("WORKFLOW_OPTION_INVALID"));
    expect(await run!.explain()).toContain("`concurrency` of workflow");
    expect(begun()).toEqual([]);
    limit("narrow").concurrency = 2;
    await here.app.restart();
    await haveBegun(1);
    await end("odd");
  });

  test("a process that ends with all it owns does not lose the line", async () => {
    const names = ["p0", "p1", "p2", "p3"];
    await startInLine(names);
    await here.app.restart();
    for (const name of names) await end(name);
    await haveBegun(4);
    expect(begun()).toEqual(names);
  });
}
