/** Hooks beside sleeps, deploys and months: A2 to A5, A14, F8. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { getRun, resumeHook } from "../../lib/api";
import { describeOnEachWorld, expectGoodLog, hookOf, logOf } from "./each-world";
import { startOf, until } from "./test-app";

const SOURCE = `
import { createHook, sleep } from "everstep";
export const bodies = { count: 0 };
export async function noop(n) { "use step"; bodies.count++; return n; }
export async function deadline(token, ms) {
  "use workflow";
  const hook = createHook({ token });
  const taken = [];
  for (let n = 0; n < 4; n++) {
    const winner = await Promise.race([hook, sleep(ms).then(() => "slept")]);
    taken.push(await noop(winner));
    if (winner !== "slept") break;
  }
  await createHook({ token: token + ":end" });
  return taken;
}
export async function allOrLate(token) {
  "use workflow";
  const hooks = [0, 1, 2].map((n) => createHook({ token: token + n }));
  const late = sleep("35m");
  const winner = await Promise.race([Promise.all(hooks), late.then(() => "late")]);
  await noop(1);
  return winner;
}
export async function loops(token) {
  "use workflow";
  const heard = [];
  for (let n = 0; n < 3; n++) heard.push(await createHook({ token: token + n }));
  return heard;
}
export async function abandons(token) {
  "use workflow";
  const limit = sleep("24h");
  const winner = await Promise.race([createHook({ token }), limit.then(() => "late")]);
  limit.cancel();
  for (let n = 0; n < 5; n++) await noop(n);
  await createHook({ token: token + ":end" });
  return winner;
}
export async function patient(token) {
  "use workflow";
  await noop(0);
  const heard = await createHook({ token });
  return [heard, await noop("after")];
}
`;

jest.setTimeout(60_000);

const here = describeOnEachWorld(SOURCE, [races, loopsAndDeploys]);

const start = (name: string, ...args: unknown[]) => startOf(here.app, name, ...args);
const isOpen = (token: string) => hookOf(here.app, token);

function races(): void {
  test("A2: a payload about the deadline falls to one branch, and to that one on every replay", async () => {
    const runs = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const run = await start("deadline", `a2:${n}`, 20);
        await isOpen(`a2:${n}`);
        await resumeHook(`a2:${n}`, "heard");
        await isOpen(`a2:${n}:end`);
        await resumeHook(`a2:${n}:end`, 1);
        return run;
      }),
    );
    for (const run of runs) {
      const taken = (await run.returnValue) as string[];
      const slept = taken.filter((each) => each === "slept");
      expect(taken).toEqual(taken.includes("heard") ? [...slept, "heard"] : slept);
      await expectGoodLog(here.app, run.runId);
    }
  });

  test("A3: hooks that are all resumed win over a sleep, in whatever order", async () => {
    const orders = ["012", "021", "102", "120", "201", "210"];
    for (const order of orders) {
      const run = await start("allOrLate", `a3:${order}:`);
      await isOpen(`a3:${order}:2`);
      for (const n of order) await resumeHook(`a3:${order}:${n}`, n);
      expect(await run.returnValue).toEqual(["0", "1", "2"]);
      await expectGoodLog(here.app, run.runId);
    }
  });

  test("A4: after sleeps that won, a payload reaches the round that is on", async () => {
    const run = await start("deadline", "a4", 300);
    await until(async () => {
      const log = await logOf(here.app, run.runId);
      return log.filter(({ type }) => type === "wait_completed").length === 2;
    });
    await resumeHook("a4", "now");
    await isOpen("a4:end");
    await resumeHook("a4:end", 1);
    expect(await run.returnValue).toEqual(["slept", "slept", "now"]);
    await expectGoodLog(here.app, run.runId);
  });
}

function loopsAndDeploys(): void {
  test("A5: a hook that a loop makes can be resumed while the run is parked", async () => {
    const run = await start("loops", "a5:");
    for (const n of [0, 1, 2]) {
      await isOpen(`a5:${n}`);
      await until(async () => (await here.app.world.runs.get(run.runId))!.dueAt === null);
      await resumeHook(`a5:${n}`, n);
    }
    expect(await run.returnValue).toEqual([0, 1, 2]);
  });

  test("A14: a sleep that was cancelled when the hook won leaves nothing to wait for", async () => {
    const run = await start("abandons", "a14");
    await isOpen("a14");
    await resumeHook("a14", "heard");
    await isOpen("a14:end");
    await until(async () => (await here.app.world.runs.get(run.runId))!.dueAt === null);
    expect(await run.explain()).not.toContain("sleep");
    await resumeHook("a14:end", 1);
    expect(await run.returnValue).toBe("heard");
  });

  test("F8: a hook is resumed after restarts with other code, on the code its run has", async () => {
    const { runId } = await start("patient", "f8");
    await isOpen("f8");
    const folder = path.join(here.app.root, "workflows");
    mkdirSync(folder, { recursive: true });
    for (let deploy = 1; deploy <= 8; deploy++) {
      const changed = SOURCE.replace('noop("after")', `noop("after ${deploy}")`);
      writeFileSync(path.join(folder, "test.ts"), changed);
      await here.app.restart();
    }
    const bodies = here.app.exports.bodies as unknown as { count: number };
    const { count } = bodies;
    await resumeHook("f8", "still here");
    expect(await getRun(runId).returnValue).toEqual(["still here", "after"]);
    expect(bodies.count).toBe(count + 1);
    await expectGoodLog(here.app, runId);
  });
}
