/** Hooks from their senders' side, on every world: group G, HK. */
import { spawn } from "node:child_process";
import path from "node:path";
import {
  getHookByToken,
  getRun,
  listHooks,
  resumeHook,
  type Run,
  start as startRun,
} from "../../lib/api";
import * as everstep from "../../lib/index";
import { HookNotFoundError } from "../../lib/errors";
import { ROOT } from "../replay/world";
import { describeOnEachWorld, expectGoodLog, hookOf, isHookOpen, logOf } from "./each-world";
import { HOOK_WORKFLOWS } from "./hook-workflows";
import { runOf, startOf, until } from "./test-app";

jest.setTimeout(60_000);

const here = describeOnEachWorld(HOOK_WORKFLOWS, [deliveries, ends, conflicts, values, looks]);

const gates = () => here.app.exports.gates as unknown as Record<string, () => void>;
const steps = () => here.app.exports.seen as unknown as string[];
const start = (name: string, ...args: unknown[]) => startOf(here.app, name, ...args);
const isOpen = (token: string) => hookOf(here.app, token);

/** The code with which a resume is refused. */
async function notFound(token: string): Promise<unknown> {
  const error: unknown = await resumeHook(token, 1).catch((reason: unknown) => reason);
  return HookNotFoundError.is(error) ? error.code : error;
}

function deliveries(): void {
  test("C240, C275, C280, C281, HK-09, HK-16: a payload reaches the run; senders hear whose hook it is", async () => {
    const run = await start("listens", "a b/ü?#", 2);
    await isOpen("a b/ü?#");
    const hook = await getHookByToken("a b/ü?#");
    const metadata = { for: "a b/ü?#", nested: [{ at: new Date(5) }] };
    expect(hook).toMatchObject({ runId: run.runId, token: "a b/ü?#", metadata, isWebhook: false });
    expect(hook.createdAt).toBeInstanceOf(Date);
    const answer = await resumeHook(hook.token, { message: "hi" });
    expect(answer).toEqual({ ...hook, delivery: "delivered" });
    await resumeHook(hook, { message: "again" });
    expect(await run.returnValue).toEqual([{ message: "hi" }, { message: "again" }]);
    await expectGoodLog(here.app, run.runId);
  });

  test("C242, HK-04: three awaits take three payloads in order", async () => {
    const run = await start("listens", "three", 3);
    await isOpen("three");
    for (const each of ["x", "y", "z"]) await resumeHook("three", each);
    expect(await run.returnValue).toEqual(["x", "y", "z"]);
  });

  test("C243, HK-06: payloads that come while the workflow does something else are kept", async () => {
    const run = await start("slowly", "slow");
    await isOpen("slow");
    await resumeHook("slow", 1);
    await until(() => "slow" in gates());
    await resumeHook("slow", 2);
    gates().slow!();
    expect(await run.returnValue).toEqual([1, 2]);
  });

  test("C260, HK-08, F9: payloads during a long step wait, and do not start the step again", async () => {
    const run = await start("early", "early");
    await until(() => "early" in gates());
    for (const each of ["one", "two"]) await resumeHook("early", each);
    await until(async () => {
      const log = await logOf(here.app, run.runId);
      return log.filter(({ type }) => type === "hook_received").length === 2;
    });
    gates().early!();
    expect(await run.returnValue).toEqual(["one", "two"]);
    expect(steps().filter((name) => name === "early")).toHaveLength(1);
  });

  test("C277: two hooks that are resumed the other way round", async () => {
    const run = await start("both", "all:");
    await isOpen("all:b");
    await resumeHook("all:b", "b");
    await resumeHook("all:a", "a");
    expect(await run.returnValue).toEqual(["a", "b"]);
  });

  test("C279, HK-27: a thousand payloads, one after the other, reach one loop in order", async () => {
    const run = await start("iterates", "thousand", 1000);
    await isOpen("thousand");
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    for (const n of numbers) await resumeHook("thousand", n);
    expect(await run.returnValue).toEqual(numbers);
  });

  test("HK-14: a burst of payloads is taken whole, in the order of the log", async () => {
    const run = await start("iterates", "burst", 100);
    await isOpen("burst");
    await Promise.all(Array.from({ length: 100 }, (_, n) => resumeHook("burst", n)));
    const heard = (await run.returnValue) as number[];
    expect([...heard].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const log = await logOf(here.app, run.runId);
    const logged = log.flatMap((event) => (event.type === "hook_received" ? event.payload : []));
    expect(logged).toEqual(heard.map((n) => `1j${n}`));
  });
}

function ends(): void {
  test("C245, C246, F6, HK-11, HK-12: who is not there, or not any more, is said with a code", async () => {
    expect(await notFound("nobody")).toBe("HOOK_NOT_FOUND");
    expect(await notFound("hook_wrun_nobody_aaaaaaaaaaaaaaaaaaaaaaaa")).toBe("HOOK_NOT_FOUND");
    await expect(getHookByToken("nobody")).rejects.toThrow("Hook not found");
    const ends: [string, (run: Run, token: string) => Promise<unknown>][] = [
      ["listens", (_run, token) => resumeHook(token, 1)],
      ["fails", (_run, token) => resumeHook(token, 1)],
      ["listens", (run) => run.cancel()],
    ];
    for (const [index, [name, end]] of ends.entries()) {
      const run = await start(name, `ends:${index}`);
      await isOpen(`ends:${index}`);
      await end(run, `ends:${index}`);
      await run.returnValue.catch(() => undefined);
      expect(await notFound(`ends:${index}`)).toBe("HOOK_NOT_FOUND");
      const again = await start("listens", `ends:${index}`);
      await isOpen(`ends:${index}`);
      await resumeHook(`ends:${index}`, "C247");
      expect(await again.returnValue).toEqual(["C247"]);
    }
  });

  test("C261, HK-02, W4: generated tokens are all different, and gone with their run", async () => {
    const runs = await Promise.all([start("generated"), start("generated")]);
    const open = await Promise.all(
      runs.map(async ({ runId }) => {
        await until(async () => (await listHooks({ runId })).data.length === 2);
        return (await listHooks({ runId, isOldestFirst: true })).data;
      }),
    );
    const tokens = open.map((hooks) => hooks.map(({ token }) => token));
    expect(new Set(tokens.flat()).size).toBe(4);
    for (const hook of open.flat()) await resumeHook(hook, hook.name);
    const values = await Promise.all(runs.map((run) => run.returnValue));
    expect(values).toEqual(tokens.map((each) => [each, ["one", "two"]]));
    for (const token of tokens.flat()) expect(await notFound(token)).toBe("HOOK_GONE");
    for (const { runId } of runs) await expectGoodLog(here.app, runId);
  });

  test("C258, C256, HK-21: a hook that was disposed of is gone once, on every replay", async () => {
    const run = await start("disposes");
    let token = "";
    await until(async () => {
      const { data } = await listHooks({ runId: run.runId });
      const left = data.find((hook) => hook.token.startsWith("disposes:"));
      token = left?.token.slice("disposes:".length) ?? "";
      return left !== undefined;
    });
    expect(await notFound(token)).toBe("HOOK_GONE");
    await resumeHook(`disposes:${token}`, 1);
    expect(await run.returnValue).toBe(token);
    await expectGoodLog(here.app, run.runId);
  });

  test("C252, C259, HK-07, HK-19: a hook is there from its first turn on, and once, whoever replays it", async () => {
    const delayed = await startRun(here.app.exports.listens as never, ["first turn"], {
      delay: "1 day",
    });
    expect(await notFound("first turn")).toBe("HOOK_NOT_FOUND");
    await delayed.cancel();
    const { runId } = await start("listens", "first turn");
    await isOpen("first turn");
    await here.app.restart({ contexts: 0 });
    await here.app.restart();
    expect((await listHooks({ runId })).data).toHaveLength(1);
    await resumeHook("first turn", 1);
    expect(await getRun(runId).returnValue).toEqual([1]);
    const created = (await logOf(here.app, runId)).filter(({ type }) => type === "hook_created");
    expect(created).toHaveLength(1);
  });
}

function conflicts(): void {
  test("C254, HK-20: of ten runs with one token one goes on, and nine hear which", async () => {
    const runs = await Promise.all(Array.from({ length: 10 }, () => start("singleton", "only")));
    await isOpen("only");
    const { runId: owner } = await getHookByToken("only");
    const others = runs.filter(({ runId }) => runId !== owner);
    const answers = await Promise.all(others.map((run) => run.returnValue));
    expect(answers).toEqual(answers.map(() => ({ runs: owner })));
    expect(answers).toHaveLength(9);
    await resumeHook("only", "done");
    const first = runs.find(({ runId }) => runId === owner)!;
    expect(await first.returnValue).toEqual({ heard: "done" });
  });

  test("HK-17: a run that was told of a conflict has the token when the other run is over", async () => {
    const first = await start("takesOver", "handed");
    await isOpen("handed");
    const second = await start("takesOver", "handed");
    await until(async () =>
      (await logOf(here.app, second.runId)).some(({ type }) => type === "hook_conflicted"),
    );
    await resumeHook("handed", 1);
    expect(await first.returnValue).toEqual({ heard: 1 });
    await isOpen("handed");
    expect(await resumeHook("handed", 2)).toMatchObject({ runId: second.runId });
    expect(await second.returnValue).toEqual({ heard: 2 });
    await expectGoodLog(here.app, second.runId);
  });

  test("HK-21: a token that was given back serves another run while the first one lives", async () => {
    const first = await start("retakes", "retaken");
    await isOpen("retaken");
    await resumeHook("retaken", "first");
    await isOpen("retaken:end");
    const second = await start("listens", "retaken");
    await isOpen("retaken");
    expect(await resumeHook("retaken", "second")).toMatchObject({ runId: second.runId });
    await resumeHook("retaken:end", 1);
    expect(await first.returnValue).toBe("first");
    expect(await second.returnValue).toEqual(["second"]);
  });

  test("C251, HK-18: a second hook of a run with the same token conflicts, and the first goes on", async () => {
    const run = await start("twice", "twice");
    await isOpen("twice");
    await resumeHook("twice", "heard");
    expect(await run.returnValue).toEqual([run.runId, "heard"]);
  });
}

function values(): void {
  test("C266, HK-15: what cannot travel is refused, and the hook stays open for what can", async () => {
    const run = await start("listens", "values", 4);
    await isOpen("values");
    await expect(resumeHook("values", { send: () => 1 })).rejects.toMatchObject({
      code: "VALUE_NOT_SERIALIZABLE",
      message: expect.stringContaining("hook payload") as string,
    });
    const payloads = [undefined, null, new Map([["when", new Date(7)]]), 7n];
    for (const payload of payloads) await resumeHook("values", payload);
    expect(await run.returnValue).toEqual(payloads);
  });

  test("C268, C276: calls in the wrong place say so", () => {
    const { create, resume } = everstep.defineHook();
    expect(() => everstep.createHook()).toThrow(
      "`createHook()` can only be called inside a workflow function",
    );
    expect(() => create()).toThrow(
      "`defineHook().create()` can only be called inside a workflow function",
    );
    expect(resume).toBeInstanceOf(Function);
  });

  test("C274, HK-13: from a step it works, also to the step's own run; from a workflow it does not", async () => {
    const run = await start("listens", "from a step");
    await isOpen("from a step");
    expect(await runOf(here.app, "speaks", "from a step", { a: 1 })).toBe(run.runId);
    expect(await run.returnValue).toEqual([{ a: 1 }]);
    expect(await runOf(here.app, "toItself", "me")).toBe("hello me");
    expect(await runOf(here.app, "sendsItself", "me")).toBe(
      "`resumeHook()` can only be called from outside a workflow function",
    );
  });

  test("P1: another process resumes a hook of this one", async () => {
    const run = await start("listens", "abroad");
    await isOpen("abroad");
    const program = `
      const load = (file) => require(${JSON.stringify(path.join(ROOT, "dist"))} + "/" + file);
      const world = ${here.worldCode()};
      load("lib/api.js").resumeHook("abroad", { from: "abroad" }, { world })
        .then(({ runId }) => console.log(runId)).finally(() => world.close());`;
    const child = spawn(process.execPath, ["-e", program]);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text: Buffer) => (said += text.toString()));
    }
    await new Promise((resolve) => child.once("close", resolve));
    expect(said).toBe(`${run.runId}\n`);
    expect(await run.returnValue).toEqual([{ from: "abroad" }]);
  });
}

function looks(): void {
  test("C272, HK-24: a payload after the deadline is stored, and changes nothing", async () => {
    const run = await start("timeout", "deadline");
    await isOpen("deadline:end");
    expect(await resumeHook("deadline", "too late")).toMatchObject({ runId: run.runId });
    await resumeHook("deadline:end", 1);
    expect(await run.returnValue).toBe("late");
    await expectGoodLog(here.app, run.runId);
  });

  test("C284, HK-26: what is logged does not give tokens away", async () => {
    const secret = "hook_wrun_01ABCDEF_aaaabbbbccccddddeeeeffff";
    const run = await start("speaks", secret, 1);
    await expect(run.returnValue).rejects.toThrow("Hook not found");
    await start("speaks", "approval-of-order-4711", 1).then((each) =>
      expect(each.returnValue).rejects.toThrow("Hook not found"),
    );
    const said = here.app.said.join("\n");
    expect(said).toContain("Hook not found");
    expect(said).not.toContain("aaaabbbb");
    expect(said).not.toContain("order-4711");
  });

  test("open hooks can be listed, with what people need to answer", async () => {
    const runs = await Promise.all([1, 2, 3].map((n) => start("described", `listed:${n}`)));
    for (const n of [1, 2, 3]) await isOpen(`listed:${n}`);
    const { runId } = runs[0]!;
    const described = { name: "approval", label: "Approve?", schema: { type: "boolean" } };
    const { data, cursor } = await listHooks({ runId });
    expect([data, cursor]).toMatchObject([[{ runId, token: "listed:1", ...described }], null]);
    expect(await getHookByToken("listed:1")).toEqual(data[0]);
    const found: string[] = [];
    let next: string | null = null;
    do {
      const page = await listHooks({ limit: 1, ...(next !== null && { cursor: next }) });
      found.push(...page.data.map(({ token }) => token));
      next = page.cursor as string | null;
    } while (next !== null);
    expect(found).toEqual(expect.arrayContaining(["listed:1", "listed:2", "listed:3"]));
    expect(new Set(found).size).toBe(found.length);
    for (const n of [1, 2, 3]) await resumeHook(`listed:${n}`, true);
    await Promise.all(runs.map((run) => run.returnValue));
    expect(await isHookOpen(here.app, "listed:1")).toBe(false);
  });

  test("F5: two runs that are alike in everything have tokens that are not", async () => {
    const runs = await Promise.all([start("generated"), start("generated")]);
    const secrets: string[] = [];
    for (const { runId } of runs) {
      await until(async () => (await listHooks({ runId })).data.length === 2);
      const { data } = await listHooks({ runId });
      for (const { token } of data) secrets.push(token.replace(`hook_${runId}_`, ""));
    }
    expect(new Set(secrets).size).toBe(4);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{24}$/);
    await Promise.all(runs.map((run) => run.cancel()));
  });
}
