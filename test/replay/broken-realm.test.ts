/**
 * Workflow code that replaces what the sandbox stands on, or makes promises of odd kinds: its run may
 * suffer, the process and its other runs do not, and nothing of the host comes into its reach.
 */
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { runChild } from "./child-driver";
import { bundleOf, TestWorld, workflowId } from "./world";

const SOURCE = `
import { createHook, sleep } from "everstep";
export async function work(value: unknown) { "use step"; return value }
const refused = () => { throw new Error("replaced") };

export async function deferred() {
  "use workflow";
  class Deferred extends Promise<any> {
    reject: any;
    constructor() { let reject; super((_resolve, fail) => { reject = fail }); this.reject = reject }
  }
  new Deferred().reject(new Error("deferred"));
  await sleep(1);
  return "done";
}
export async function constructors() {
  "use workflow";
  let asked = 0;
  const odd = [
    { value: 5 }, { value: null }, { get() { asked++; throw new Error("asked") } },
    { value: class { constructor() { asked++ } } },
  ];
  for (const descriptor of odd) {
    const promise = Promise.reject(new Error("odd"));
    Object.defineProperty(promise, "constructor", { ...descriptor, configurable: true });
    Object.freeze(Promise.reject(new Error("frozen")));
    Object.setPrototypeOf(Promise.reject(new Error("bare")), null);
  }
  await sleep(1);
  return asked;
}
export async function species() {
  "use workflow";
  let made = 0;
  class Mine<T> extends Promise<T> {
    static get [Symbol.species]() { made++; return Promise }
  }
  void Mine.reject(new Error("mine"));
  await sleep(1);
  return made;
}
export async function prototypes() {
  "use workflow";
  const before = Object.getOwnPropertyDescriptor(Promise.prototype, "constructor")!;
  Object.defineProperty(Promise.prototype, "constructor", { get: refused, configurable: true });
  void new Promise((_resolve, reject) => reject(new Error("prototype")));
  Object.defineProperty(Promise.prototype, "constructor", before);
  Promise.prototype.then = refused as never;
  await sleep(1);
  return "done";
}
export async function arrays() {
  "use workflow";
  const hook = createHook();
  const payload = new Promise((resolve) => void hook.then(resolve));
  Array.prototype.find = refused;
  Array.prototype.filter = refused;
  Array.prototype.push = refused;
  return payload;
}
export async function json() {
  "use workflow";
  JSON.stringify = refused as never;
  JSON.parse = refused;
  createHook({ label: "still" });
  await work({ a: 1 });
  throw new Error("and the end");
}
export async function reach() {
  "use workflow";
  const found: unknown[] = [];
  const look = (error: any) => {
    if (!(error instanceof Error)) found.push("foreign " + error);
    try { found.push(typeof error.constructor.constructor("return process")()) }
    catch (refusal: any) { found.push(refusal instanceof Error) }
  };
  for (const text of ["boo", undefined, 5n]) {
    JSON.stringify = () => text as never;
    (Object.prototype as any).toJSON = () => text;
    try { createHook({ name: "n" + String(text) }) } catch (error) { look(error) }
    delete (Object.prototype as any).toJSON;
  }
  const deep = (n: number): void => {
    try { deep(n + 1) } catch { }
    for (const call of [() => createHook({ name: "deep" }).getConflict(), () => sleep("1h"), () => work(n)]) {
      try { void call() } catch (error) { look(error) }
    }
  };
  try { deep(0) } catch (error) { look(error) }
  return found.filter((each) => each !== true && each !== "object" && each !== "undefined");
}
export async function flood() {
  "use workflow";
  const again = (): void => void Promise.resolve().then(again);
  again();
  await sleep(1);
}
export async function count() {
  "use workflow";
  let sum = 0;
  for (let n = 0; n < 300_000; n++) sum += await n % 2;
  return sum;
}
`;

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

function run(name: string): TestWorld {
  return new TestWorld(bundle, {
    workflow: workflowId(name),
    steps: { work: (value: unknown) => value },
    onHook: (hook, world) => world.send(hook, "payload", 1),
  }).run();
}

test.each([
  ["deferred", "done"],
  ["constructors", 0],
  ["species", 0],
])("guarding a promise runs no code of its class: %s (R6)", (name, expected) => {
  expect(run(name).result()).toEqual(expected);
});

test("a prelude that workflow code has broken parks the run, and throws nothing (E7)", () => {
  for (const name of ["prototypes", "arrays"]) {
    const { context } = run(name);
    const code = context.trouble?.code ?? context.ending?.status;
    expect([name, ["SANDBOX_BROKEN", "completed", "failed"].includes(code ?? "")]).toEqual([
      name,
      true,
    ]);
  }
});

test("JSON that workflow code has replaced changes nothing in the log", () => {
  const world = run("json");
  expect(world.hooks()[0]?.options.label).toBe("still");
  expect(world.context.ending).toMatchObject({ failure: { message: "and the end" } });
});

test("no error of the host comes into reach, also where the stack ends (R2)", () => {
  expect(run("reach").result()).toEqual([]);
});

/** Each in turn, with turns of the host in between, in which it looks for rejections. */
const DRIVER = `
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
(async () => {
  for (const workflow of WORKFLOWS) {
    const context = begin(workflow, { turnLimitMs: 3000 });
    for (const command of context.takeCommands()) context.apply(eventOf(command, 0));
    await pause();
    for (const call of context.openCalls()) context.apply({ type: "wait_completed", at: 1, call });
    await pause();
    console.log(workflow.split("//").pop(), context.trouble?.code ?? context.ending?.status);
  }
})();
`;

test("neither odd promises nor millions of them reach the process (R6, X3)", async () => {
  const names = ["deferred", "constructors", "species", "prototypes", "count", "flood"];
  const constants = { WORKFLOWS: names.map((name) => workflowId(name)) };
  const flags = ["--unhandled-rejections=strict", "--max-old-space-size=128"];
  const output = await runChild({ source: SOURCE, driver: DRIVER, constants, flags });
  const lines = output.trim().split("\n");
  expect(lines.slice(0, 3)).toEqual(names.slice(0, 3).map((name) => `${name} completed`));
  expect(lines.slice(4)).toEqual(["count completed", "flood TURN_TIME_EXCEEDED"]);
}, 60_000);
