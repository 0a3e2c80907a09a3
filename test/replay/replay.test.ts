import type { RunCompleted } from "../../lib/contract/event";
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { replay } from "../../lib/replay/replay";
import { expectSameEverywhere } from "./expect-replay";
import { bundleOf, START, TestWorld, workflowId } from "./world";

const SOURCE = `
import { sleep } from "everstep";
import { deep } from "../lib/deep";

export async function add(a: number, b: number) { "use step"; return a + b }
export async function upper(text: string) { "use step"; return text.toUpperCase() }
export async function fail(message: string) { "use step"; throw new Error(message) }

export async function order(n: number) {
  "use workflow";
  return add(await add(await add(n, 2), 3), 5);
}
export async function combinators() {
  "use workflow";
  const settled = await Promise.allSettled([add(1, 1), fail("no"), "plain"]);
  return {
    all: await Promise.all([upper("a"), upper("b"), 3]),
    race: await Promise.race([upper("slow"), upper("fast")]),
    any: await Promise.any([fail("at once"), upper("b"), upper("c")]),
    settled: settled.map((each) => each.status === "fulfilled" ? each.value : each.reason.message),
    none: await Promise.any([fail("x"), fail("y")]).catch((error) => [
      error instanceof AggregateError, ...error.errors.map((each) => each.message)]),
  };
}
export async function languages() {
  "use workflow";
  const seen: unknown[] = [];
  async function* numbers() { for (let n = 1; n < 4; n++) yield await add(n, 0) }
  outer: for await (const n of numbers()) {
    for (let again = 0; ; again++) {
      if (n === 2) continue outer;
      if (again === 1) break;
      seen.push(await add(n, 100));
    }
  }
  try {
    try { await fail("inner") } finally { seen.push("finally", await upper("after")) }
  } catch (error) { seen.push(error.message) }
  {
    using tidy = { [Symbol.dispose]: () => void seen.push("disposed") };
    seen.push(await upper("using"));
  }
  class Counter { #n = 0; async next() { return (this.#n = await add(this.#n, 1)) } }
  const counter = new Counter();
  await counter.next();
  seen.push(await counter.next(), await [1, 2, 3].reduce(
    async (sum, n) => add(await sum, n), Promise.resolve(0)));
  return seen;
}
export async function shrinking() {
  "use workflow";
  const open = new Map([1, 2, 3, 4, 5].map((n) => [n, add(n, 0)]));
  const order: number[] = [];
  while (open.size > 0) {
    const winner = await Promise.race([...open].map(([n, each]) => each.then(() => n)));
    order.push(winner);
    open.delete(winner);
  }
  return order;
}
export async function inner(n: number) { "use workflow"; return { n: await add(n, 1) } }
export async function outer() {
  "use workflow";
  const [a, b] = await Promise.all([inner(1), inner(2)]);
  return [a, b, await deep(3)];
}
export async function recursion(n: number): Promise<number> {
  "use workflow";
  return n === 0 ? 0 : add(await recursion(n - 1), 1);
}
export async function detached() {
  "use workflow";
  void add(1, 1);
  await sleep("1s");
  void add(2, 2);
  return "done";
}
export async function nothing() { "use workflow"; }
export async function own(list: number[]) {
  "use workflow";
  const theirs = await push(list);
  return { list, theirs };
}
export async function push(list: number[]) { "use step"; list.push(9); return list }
export async function batches() {
  "use workflow";
  const results: number[] = [];
  for (let at = 0; at < 30; at += 10) {
    const batch = Array.from({ length: 10 }, (_, n) => add(at, n));
    results.push(...(await Promise.all(batch)));
  }
  return results.length;
}
export async function thrower() { "use workflow"; throw new RangeError("too far") }
export async function plain() { "use workflow"; throw "a text" }
export async function broken() { "use workflow"; return Buffer.from("x") }
`;
const DEEP = `
import { add } from "../workflows/test";
export async function deep(n: number) { return deeper(n) }
const deeper = async (n: number) => add(n, n);
`;

const STEPS = {
  add: (a: number, b: number) => a + b,
  upper: (text: string) => text.toUpperCase(),
  push: (list: number[]) => [...list, 9],
  fail: (message: string) => {
    throw new Error(message);
  },
};

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf({ "workflows/test.ts": SOURCE, "lib/deep.ts": DEEP });
});

function run(name: string, args: unknown[] = [], more = {}) {
  const script = { workflow: workflowId(name), args, steps: STEPS, ...more };
  return expectSameEverywhere(bundle, script);
}

function failureOf(name: string) {
  const outcome = run(name).context.ending;
  if (outcome?.status !== "failed") throw new Error("It did not fail");
  return outcome.failure;
}

test("three steps in a row run once each (C115, RP-01)", () => {
  const world = run("order", [123]);
  expect(world.result()).toBe(133);
  expect(world.log.filter(({ type }) => type === "step_created")).toHaveLength(3);
});

test("all, race, any and allSettled mean what they mean in JavaScript (RP-13 to RP-15)", () => {
  const stepMs = (_: unknown, nth: number) => (nth % 2 === 0 ? 5 : 2);
  const world = run("combinators", [], { stepMs });
  expect(world.result()).toMatchObject({
    all: ["A", "B", 3],
    race: expect.stringMatching(/SLOW|FAST/),
    any: expect.stringMatching(/B|C/),
    settled: [2, "no", "plain"],
    none: [true, "x", "y"],
  });
});

test("the winner of a race is the branch whose event comes first in the log (RP-14)", () => {
  const inputs = (input: string) => (input.includes("slow") ? 50 : 5);
  const stepMs = ({ input }: { input: string }) => inputs(input);
  expect(run("combinators", [], { stepMs }).result()).toMatchObject({ race: "FAST" });
});

test("generators, labels, finally, using, classes and reduce go on across suspensions (SG-20)", () => {
  expect(run("languages").result()).toEqual([
    101,
    103,
    "finally",
    "AFTER",
    "inner",
    "USING",
    "disposed",
    2,
    6,
  ]);
});

test("racing a shrinking list gives each value once, in the order of arrival (RP-16)", () => {
  const stepMs = (_: unknown, nth: number) => [50, 10, 40, 20, 30][nth]!;
  const world = run("shrinking", [], { stepMs });
  expect(world.result()).toEqual([2, 4, 5, 3, 1]);
});

test("a workflow that is called by another is part of its run (RP-17, C134, C169)", () => {
  expect(run("outer").result()).toEqual([{ n: 2 }, { n: 3 }, 6]);
});

test("recursion fifty deep (C170)", () => {
  expect(run("recursion", [50]).result()).toBe(50);
});

test("a call that is not awaited is made if the run suspends, and dropped at its end (RP-12)", () => {
  const world = run("detached");
  expect(world.result()).toBe("done");
  const created = world.log.filter(({ type }) => type === "step_created");
  expect(created).toHaveLength(1);
  expect(world.context.dropped).toMatchObject([
    { type: "step", call: expect.stringMatching(/:2$/) },
  ]);
});

test("nothing returned is undefined (C145)", () => {
  expect(run("nothing").result()).toBeUndefined();
});

test("a step gets copies: what it does to them is not seen (RP-20, C140)", () => {
  expect(run("own", [[1]]).result()).toEqual({ list: [1], theirs: [1, 9] });
});

test("batches of ten never have more than ten under way (C171)", () => {
  const world = run("batches");
  let open = 0;
  let most = 0;
  for (const { type } of world.log) {
    if (type === "step_created") most = Math.max(most, ++open);
    else if (type === "step_completed") open--;
  }
  expect([world.result(), most]).toEqual([30, 10]);
});

test("a workflow that throws fails with class, message and a stack of its own frames (RP-11, ER-25)", () => {
  const failure = failureOf("thrower");
  expect(failure).toMatchObject({ name: "RangeError", message: "too far" });
  expect(failure.stack).toMatch(/^RangeError: too far\n {4}at (async )?thrower .*everstep-bundle/);
  expect(failure.stack).not.toMatch(/evalmachine|node:|everstep-prelude|lib\/replay/);
});

test("a thrown text is the message (ER-28)", () => {
  expect(failureOf("plain")).toMatchObject({ name: "Error", message: "a text" });
});

test("the failure says what to do about a global that only Node has", () => {
  expect(failureOf("broken").message).toMatch(/^Buffer is not defined\. .*step/);
});

test("a workflow that the bundle lacks fails by name (RP-34)", () => {
  const world = new TestWorld(bundle, { workflow: workflowId("lost") });
  expect(world.context.ending).toMatchObject({
    status: "failed",
    failure: {
      code: "WORKFLOW_NOT_REGISTERED",
      message: expect.stringContaining(
        `Workflow "${workflowId("lost")}" is not registered in the current deployment.`,
      ),
    },
  });
});

test("five hundred steps at once are asked for in one turn (C129, RP-06)", async () => {
  const source = `
    export async function one(n: number) { "use step"; return n }
    export async function order() {
      "use workflow";
      return (await Promise.all(Array.from({ length: 500 }, (_, n) => one(n)))).length;
    }`;
  const world = new TestWorld(await bundleOf(source), { steps: { one: (n: number) => n } });
  expect(world.commands).toHaveLength(500);
  expect(world.run().result()).toBe(500);
});

test("what another run does to its globals and modules is not seen (SG-01, SG-21, I9)", async () => {
  const source = `
    let loaded = 0;
    export async function order() {
      "use workflow";
      const seen = [loaded++, globalThis.mark, globalThis[Symbol.for("mark")]];
      globalThis.mark = globalThis[Symbol.for("mark")] = 1;
      Array.prototype.mark = 1;
      return [...seen, [].mark];
    }`;
  const own = await bundleOf(source);
  const results = [1, 2].map(() => new TestWorld(own).run().result());
  expect(results).toEqual([
    [0, undefined, undefined, 1],
    [0, undefined, undefined, 1],
  ]);
  expect(([] as { mark?: number }).mark).toBeUndefined();
});

test("the clock stands still between events and follows the log (SG-08, SG-09, A6)", async () => {
  const source = `
    import { sleep } from "everstep";
    export async function one() { "use step" }
    export async function order() {
      "use workflow";
      const times = [Date.now(), +new Date()];
      await null;
      times.push(Date.now());
      await one();
      times.push(Date.now());
      await sleep("2s");
      times.push(Date.now());
      return times;
    }`;
  const script = { steps: { one: () => undefined }, stepMs: () => 70 };
  const world = expectSameEverywhere(await bundleOf(source), script);
  expect(world.result()).toEqual([START, START, START, START + 70, START + 2070]);
});

test("the stack of a failed step is the same on every replay (A10)", async () => {
  const source = `
    export async function fails() { "use step" }
    export async function keeps(stack: unknown) { "use step"; return stack }
    export async function order() {
      "use workflow";
      try { await fails() } catch (error) { return keeps((error as Error).stack) }
    }`;
  const fails = () => {
    throw new RangeError("no");
  };
  const steps = { fails, keeps: (stack: unknown) => stack };
  const world = expectSameEverywhere(await bundleOf(source), { steps });
  expect(world.result()).toContain("no");
});

test("random numbers are the same on every replay and others in another run (SG-02 to SG-06)", async () => {
  const source = `
    export async function one(n: unknown) { "use step"; return n }
    export async function order() {
      "use workflow";
      const first = [Math.random(), crypto.randomUUID()];
      const seen = await one(first);
      for (let n = 0; n < 5; n++) if (Math.random() > 0.5) await one(n);
      return { first, seen, later: Math.random() };
    }`;
  const own = await bundleOf(source);
  const script = { steps: { one: (n: unknown) => n } };
  const a = expectSameEverywhere(own, { ...script, runId: "wrun_a" }).result();
  const b = expectSameEverywhere(own, { ...script, runId: "wrun_b" }).result();
  expect(a).toMatchObject({ first: (a as { seen: unknown }).seen });
  expect(a).not.toEqual(b);
});

test("a variable of the environment keeps the value it was first read with (SG-10, R5)", async () => {
  const source = `
    export async function one() { "use step" }
    export async function order() {
      "use workflow";
      const before = process.env.REGION;
      await one();
      return [before, process.env.REGION, process.env.NONE];
    }`;
  const own = await bundleOf(source);
  let region = "eu";
  const environment = (name: string) => (name === "REGION" ? region : undefined);
  const script = { steps: { one: () => undefined }, services: { environment } };
  const world = new TestWorld(own, script);
  region = "us";
  expect(world.run().result()).toEqual(["eu", "eu", undefined]);
  expect(world.log.filter(({ type }) => type === "environment_read")).toHaveLength(2);
  const services = { ...world.options.services, environment: () => "other" };
  const ended = replay(world.log.slice(0, -1), { ...world.options, services });
  expect(ended).toMatchObject({
    status: "completed",
    output: (world.log.at(-1) as RunCompleted).output,
  });
});

test("console prints a line once, however often it is replayed", async () => {
  const source = `
    export async function one() { "use step" }
    export async function order() {
      "use workflow";
      console.log("before", { a: 1 });
      await one();
      console.warn("after");
    }`;
  const lines: string[] = [];
  const print = (level: string, text: string) => void lines.push(`${level} ${text}`);
  const script = { steps: { one: () => undefined }, services: { print } };
  const own = await bundleOf(source);
  const world = new TestWorld(own, { ...script, isCold: true }).run();
  replay(world.log, world.options);
  expect(lines).toEqual(["log before { a: 1 }", "warn after"]);
});
