import { bundleOf, TestWorld, workflowId } from "./world";

const SOURCE = `
import { sleep } from "everstep";
export async function work() { "use step" }
export async function sync() { "use workflow"; await work(); for (;;); }
export async function caught() {
  "use workflow";
  for (;;) { try { while (true); } catch {} finally { if (false) break; } }
}
export async function recursing() {
  "use workflow";
  const f = (): unknown => { try { return f() } catch { return f() } };
  f();
}
export async function microtasks() {
  "use workflow";
  const again = async (): Promise<void> => { await null; return again() };
  await again();
}
export async function stubborn() {
  "use workflow";
  const chain = (): void => void Promise.resolve().then(() => chain()).catch(() => chain());
  chain();
  await new Promise(() => {});
}
export async function long() {
  "use workflow";
  let sum = 0;
  for (let n = 0; n < 3_000_000; n++) sum += n % 7;
  return sum;
}
`;

/** Far below what a person would wait, far above a pause of the machine. */
const LIMIT = 400;

const LONG = Array.from({ length: 3_000_000 }, (_, n) => n % 7).reduce((sum, n) => sum + n);

const bundle = bundleOf(SOURCE);

async function open(name: string) {
  const steps = { work: () => undefined };
  return new TestWorld(await bundle, {
    workflow: workflowId(name),
    steps,
    context: { turnLimitMs: LIMIT },
  });
}

test.each(["sync", "caught", "recursing", "microtasks", "stubborn"])(
  "an endless loop is stopped, and the run does not fail: %s (R1, C111, I12)",
  async (name) => {
    const { context } = (await open(name)).run();
    expect(context.trouble).toMatchObject({ code: "TURN_TIME_EXCEEDED" });
    expect([context.ending, context.takeCommands()]).toEqual([null, []]);
  },
);

test("the error names the workflow, the limit and the place (P12)", async () => {
  const { trouble } = (await open("sync")).run().context;
  expect(trouble?.message).toMatch(
    /^Workflow "workflow.*sync" computed for more than 400 ms without a pause, at everstep-bundle-\w+\.js:\d+:\d+\n/,
  );
  expect(trouble?.at).toMatch(/^everstep-bundle-/);
});

test("other runs of the process go on while one is stopped", async () => {
  const healthy = await open("long");
  const stuck = await open("sync");
  stuck.run();
  expect(stuck.context.trouble).not.toBeNull();
  expect(healthy.run().result()).toBe(LONG);
  expect((await open("long")).run().result()).toBe(LONG);
});

test("time in which the process did not run does not count (R1)", async () => {
  const source = `export async function order() {
    "use workflow"; let n = 0; while (n < 1_000_000) n++; return n }`;
  const own = await bundleOf(source);
  // A clock of computing that stands still, as it does in a process that was stopped.
  const world = new TestWorld(own, { services: { computedMs: () => 5 } });
  expect(world.run().result()).toBe(1_000_000);
});

test("a stack that overflows is an error like any other", async () => {
  const source = `
    const deeper = (n: number): number => deeper(n + 1) + 1;
    export async function order() {
      "use workflow";
      try { return deeper(0) } catch (error) { return [error instanceof RangeError, error.name] }
    }`;
  expect(new TestWorld(await bundleOf(source)).run().result()).toEqual([true, "RangeError"]);
});
