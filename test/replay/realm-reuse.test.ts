/**
 * A realm serves one run after another, as long as none of them leaves anything behind (SG-01,
 * decision 008). Each case runs a workflow that does leave something, and then one that looks for it.
 */
import vm from "node:vm";
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { bundleOf, TestWorld, workflowId } from "./world";

/** Something that a workflow can leave, and how the next run could see it. */
const TRACES: Record<string, [leave: string, look: string]> = {
  "a global": ["globalThis.left = 1", "typeof left"],
  "a global by var": ["new Function('left = 1')()", "typeof left"],
  "a replaced global": ["globalThis.Map = class {}", "Map.name"],
  "a removed global": ["delete globalThis.Set", "typeof Set"],
  "a global of ours, replaced": [
    "globalThis.fetch = () => 'left'",
    "String(fetch).includes('left')",
  ],
  "a lazy global, replaced": ["globalThis.URL = 5", "typeof URL"],
  "a lazy global, defined": [
    "Object.defineProperty(globalThis, 'URL', { value: 5 })",
    "typeof URL",
  ],
  "a lazy global, removed": ["void URL; delete globalThis.URL", "typeof URL"],
  "a class of the web, changed": [
    "URL.prototype.left = 1; URL.left = 1",
    "URL.left ?? new URL('a:b').left",
  ],
  "an instance of ours, changed": [
    "crypto.left = 1; performance.left = 1",
    "crypto.left ?? performance.left",
  ],
  "the console, changed": ["console.log = () => {}; console.left = 1", "console.left"],
  "a method of a prototype": ["Array.prototype.map = () => 'left'", "[1].map((n) => n)[0]"],
  "a new method": ["Array.prototype.left = 1", "[].left"],
  "an accessor": [
    "Object.defineProperty(Math, 'abs', { get: () => () => 'left', configurable: true })",
    "Math.abs(-1)",
  ],
  "an accessor of all objects": [
    "Object.defineProperty(Object.prototype, 'get', { get() { return 'left' }, configurable: true })",
    "({}).get",
  ],
  "a symbol on a prototype": [
    "Function.prototype[Symbol.for('left')] = 1",
    "(() => 1)[Symbol.for('left')]",
  ],
  "a property of a method": ["Array.prototype.map.left = 1", "[].map.left"],
  "a static": ["Promise.left = 1", "Promise.left"],
  "a race, replaced": ["Promise.race = () => 'left'", "Promise.race([]) instanceof Promise"],
  "a frozen object": ["Object.freeze(Math)", "Object.isFrozen(Math)"],
  "a sealed prototype": [
    "Object.preventExtensions(Map.prototype)",
    "Object.isExtensible(Map.prototype)",
  ],
  "another prototype": ["Object.setPrototypeOf(Math, { left: 1 })", "Math.left"],
  "the prototype of iterators": ["Object.getPrototypeOf([].values()).left = 1", "[].values().left"],
  "the prototype of generators": [
    "Object.getPrototypeOf(function* () {}).left = 1",
    "(function* () {}).left",
  ],
  "the prototype of async functions": [
    "Object.getPrototypeOf(async () => {}).left = 1",
    "(async () => {}).left",
  ],
  "the prototype of typed arrays": ["Object.getPrototypeOf(Int8Array).left = 1", "Int8Array.left"],
  "how stacks look": ["Error.prepareStackTrace = () => 'left'", "new Error('x').stack === 'left'"],
  "the limit of stacks": ["Error.stackTraceLimit = 1", "Error.stackTraceLimit"],
  "a format of Intl": ["Intl.NumberFormat.prototype.left = 1", "new Intl.NumberFormat().left"],
  "Intl itself": ["Intl.left = 1", "Intl.left"],
  "a method for a language": [
    "String.prototype.localeCompare = () => 'left'",
    "'a'.localeCompare('b')",
  ],
  "an error class of ours": [
    "FatalError.prototype.left = 1; FatalError.left = 1",
    "FatalError.left ?? new FatalError().left",
  ],
  "the class of hooks": ["Object.getPrototypeOf(createHook()).left = 1", "createHook().left"],
  "the sleep function": ["sleep.left = 1", "sleep.left"],
  "a step": ["work.left = 1", "work.left"],
  "the state of a module": ["state.left = 1; count++", "[state.left, count]"],
  "the latest match": ["/le(f)t/.exec('a left b')", "[RegExp.$1, RegExp.lastMatch, RegExp.input]"],
  "lines of the console": [
    "console.group(); console.count(); console.time()",
    "(console.count(), console.log('in'), 1)",
  ],
  "a variable of the environment": ["process.env.LEFT", "Object.keys(process.env)"],
  nothing: ["1", "1"],
};

const SOURCE = `
import { createHook, FatalError, sleep } from "everstep";
const state: any = {};
let count = 0;
export async function work(value?: unknown) { "use step"; return value }
const leave: any = { ${Object.entries(TRACES).map(([name, [code]]) => `${JSON.stringify(name)}() { ${code} }`)} };
const look: any = { ${Object.entries(TRACES).map(([name, [, code]]) => `${JSON.stringify(name)}() { return ${code} }`)} };
export async function leaves(name: string) { "use workflow"; await work(); leave[name](); await work(); return "left" }
export async function looks(name: string) { "use workflow"; await work(); return look[name]() ?? null }
export async function waits() { "use workflow"; await Promise.race([sleep("1h"), createHook()]); return "late" }
export async function blocks() { "use workflow"; for (;;); }
`;

let first: CompiledBundle;

beforeAll(async () => {
  first = await bundleOf(SOURCE);
});

let printed: string[] = [];

function run(bundle: CompiledBundle, name: string, ...args: unknown[]): TestWorld {
  const world = new TestWorld(bundle, {
    workflow: workflowId(name),
    args,
    steps: { work: () => undefined },
    services: { print: (_level, text) => void printed.push(text) },
    context: { turnLimitMs: 300 },
  }).run();
  world.context.release();
  return world;
}

/** A bundle of the same code, whose first run is in a new realm. */
function freshBundle(): CompiledBundle {
  return { ...first };
}

test.each(Object.keys(TRACES))("the next run sees nothing of it: %s", (name) => {
  printed = [];
  const expected = run(freshBundle(), "looks", name).result();
  const expectedLines = printed;
  const bundle = freshBundle();
  printed = [];
  expect(run(bundle, "leaves", name).result()).toBe("left");
  printed = [];
  expect(run(bundle, "looks", name).result()).toEqual(expected);
  expect(printed).toEqual(expectedLines);
});

/** How many realms were made meanwhile. */
function realmsMadeBy(action: () => void): number {
  const made = jest.spyOn(vm, "createContext");
  try {
    action();
    return made.mock.calls.length;
  } finally {
    made.mockRestore();
  }
}

test("runs that leave nothing share one realm; one that does not is the last of its realm", () => {
  const bundle = freshBundle();
  const times = (count: number, name: string) => {
    for (let n = 0; n < count; n++) run(bundle, "leaves", name);
  };
  expect(realmsMadeBy(() => times(10, "nothing"))).toBe(1);
  expect(realmsMadeBy(() => times(3, "the console, changed"))).toBe(0);
  expect(realmsMadeBy(() => times(3, "a global"))).toBe(2);
});

test("a run that is given up while it waits, and one that was stopped, disturb no other", () => {
  const bundle = freshBundle();
  expect(realmsMadeBy(() => run(bundle, "waits"))).toBe(1);
  expect(realmsMadeBy(() => expect(run(bundle, "looks", "nothing").result()).toBe(1))).toBe(0);
  expect(run(bundle, "blocks").context.trouble?.code).toBe("TURN_TIME_EXCEEDED");
  expect(realmsMadeBy(() => expect(run(bundle, "looks", "nothing").result()).toBe(1))).toBe(1);
});

test("random numbers and ids are those of the run, not of the realm", async () => {
  const bundle = await bundleOf(
    `export async function order() { "use workflow"; return [Math.random(), crypto.randomUUID()] }`,
  );
  const numbersOf = (runId: string) => {
    const world = new TestWorld(bundle, { runId }).run();
    world.context.release();
    return world.result();
  };
  const [a, b] = [numbersOf("wrun_a"), numbersOf("wrun_b")];
  expect(b).not.toEqual(a);
  expect([numbersOf("wrun_a"), numbersOf("wrun_b")]).toEqual([a, b]);
});

test("a context that was released takes no events", () => {
  const world = run(freshBundle(), "waits");
  expect(() => world.take({ type: "run_cancelled", at: 1 })).toThrow("The context was released");
});
