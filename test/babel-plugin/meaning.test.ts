/** What compiled functions do when ordinary code calls them, and what the registry then holds. */
import { findRecord, REGISTRY_SYMBOL, type RegistryRecord } from "../../lib/contract/registry";
import { compile, metadata, MODES } from "./compile";
import { execute } from "./execute";

type Fn = (...args: unknown[]) => Promise<unknown>;

test("H1: a step called from ordinary code runs as an ordinary function", async () => {
  const { host } = execute(`
    export async function add(a, b) { "use step"; return a + b; }
    export const wait = async () => { "use step"; throw new TypeError("no"); };
  `);
  await expect((host.add as Fn)(3, 5)).resolves.toBe(8);
  await expect((host.wait as Fn)()).rejects.toThrow("no");
});

test("a transformed workflow called directly names start() and has a code", async () => {
  const { host } = execute(`
    export async function order({ id }) { "use workflow"; return id; }
    export default async () => { "use workflow"; };
  `);
  await expect((host.order as Fn)()).rejects.toMatchObject({
    code: "WORKFLOW_CALLED_DIRECTLY",
    message: expect.stringContaining(
      "You attempted to execute workflow order function directly. To start a workflow, use start(order) from workflow/api",
    ) as string,
  });
  await expect((host.default as Fn)()).rejects.toThrow("use start(input) from workflow/api");
});

test("a step that calls a workflow gets the same error instead of running it undurably", async () => {
  const { host } = execute(`
    async function order() { "use workflow"; }
    export async function charge() { "use step"; return order(); }
  `);
  await expect((host.charge as Fn)()).rejects.toThrow("You attempted to execute workflow order");
});

test("functions carry their ids, their names and their static properties", () => {
  const { host } = execute(`
    export async function charge() { "use step"; }
    charge.maxRetries = 5;
    export const order = async () => { "use workflow"; };
    export const tools = { execute: async () => { "use step"; } };
    export const make = (tool) => tool;
    export const weather = make({ async run() { "use step"; } });
    export default async () => { "use step"; };
  `);
  const { charge, order, tools, weather } = host as Record<string, Record<string, object>>;
  const own = (fn: unknown) => {
    const { stepId, workflowId, name } = fn as {
      stepId?: string;
      workflowId?: string;
      name: string;
    };
    return [stepId ?? workflowId, name];
  };
  expect(own(charge)).toEqual(["step//./input//charge", "charge"]);
  expect(charge).toHaveProperty("maxRetries", 5);
  expect(own(order)).toEqual(["workflow//./input//order", "order"]);
  expect(own(tools?.execute)).toEqual(["step//./input//tools/execute", "execute"]);
  expect(own(weather?.run)).toEqual(["step//./input//weather/run", "run"]);
  expect(own(host.default)).toEqual(["step//./input//default", "default"]);
});

test("records say where a function stands", () => {
  const { records } = execute(`
    export async function charge() { "use step"; }

    export async function order() {
      "use workflow";
      const inner = async () => { "use step"; };
    }
  `);
  expect(records.map(({ kind, id, at }) => ({ kind, id, at }))).toEqual([
    { kind: "closure", id: "step//./input//order/inner", at: "input.ts:6" },
    { kind: "step", id: "step//./input//charge", at: "input.ts:2" },
    { kind: "workflow", id: "workflow//./input//order", at: "input.ts:4" },
  ]);
});

test("H3: a step can be used before its declaration, through a circular import for example", () => {
  const { records } = execute(`
    globalThis.early = charge.stepId;
    export async function charge() { "use step"; }
  `);
  expect(records).toHaveLength(1);
  expect(records[0]?.fn.name).toBe("charge");
});

test("a step answers to the ids in its `formerly`, and the newest record of an id counts", () => {
  const holder = globalThis as { [REGISTRY_SYMBOL]?: RegistryRecord[] };
  const before = holder[REGISTRY_SYMBOL];
  const fn = (n: number) => Object.assign(() => n, { formerly: ["step//./old//charge"] });
  const record = (n: number) => ({ kind: "step", id: "step//./new//charge", fn: fn(n), at: "a:1" });
  holder[REGISTRY_SYMBOL] = [record(1), record(2)] as RegistryRecord[];
  const newest = holder[REGISTRY_SYMBOL][1];
  expect(findRecord("step//./new//charge")).toBe(newest);
  expect(findRecord("step//./old//charge")).toBe(newest);
  expect(findRecord("step//./other//charge")).toBeUndefined();
  holder[REGISTRY_SYMBOL] = before;
});

test("step and client are the two halves of host", () => {
  const source = `
    export async function charge() { "use step"; return 1; }
    export async function order() { "use workflow"; }
  `;
  const kindsOf = (mode: (typeof MODES)[number]) => {
    const code = compile(source, mode);
    return /kind !== "(\w+)"/.exec(code)?.[1] ?? "none";
  };
  expect(kindsOf("host")).toBe("none");
  expect(kindsOf("step")).toBe("workflow");
  expect(kindsOf("client")).toBe("step");
});

test("ids are the same in all modes", () => {
  const source = `
    "use workflow";
    export async function order(n) {
      const a = async () => { "use step"; return [n].map(async () => { "use step"; }); };
      return make(n)(a);
    }
    const make = (n) => { const b = async () => { "use step"; return n; }; return b; };
    export const other = async () => { { const a = async () => { "use step"; }; } };
  `;
  const idsOf = (mode: (typeof MODES)[number]) => {
    const { workflows, steps } = metadata(source, mode);
    return [...workflows, ...steps].map(({ id }) => id);
  };
  const [first, ...others] = MODES.map(idsOf);
  expect(first).toHaveLength(5);
  for (const ids of others) expect(ids).toEqual(first);
  expect(new Set(first).size).toBe(5);
});

test("output has no directive, so nothing is compiled twice", () => {
  const source = `
    "use step";
    export async function charge() { const a = async () => { "use step"; }; await a(); }
    export async function refund() { "use step"; }
  `;
  for (const mode of MODES) {
    const once = compile(source, mode);
    expect(once).not.toMatch(/"use (step|workflow)"/);
    expect(compile(once, "host")).toBe(once);
  }
});

test("metadata lists functions with line, parameters and whether they are exported", () => {
  const { workflows, steps, classes } = metadata(`
    async function charge(this: void, { id, n = 2 }: Order, limit: number = 3, ...rest: string[]) {
      "use step";
    }
    export class Mailer { static async send() { "use step"; } }
    export async function order(input: Order) { "use workflow"; }
  `);
  expect(steps).toEqual([
    {
      id: "step//./input//charge",
      name: "charge",
      line: 2,
      parameters: ["{ id, n = 2 }", "limit", "...rest"],
      exported: false,
    },
    {
      id: "step//./input//Mailer.send",
      name: "Mailer.send",
      line: 5,
      parameters: [],
      exported: true,
    },
  ]);
  expect(workflows).toMatchObject([{ name: "order", line: 6, parameters: ["input"] }]);
  expect(classes).toEqual([{ id: "class//./input//Mailer", name: "Mailer", line: 5 }]);
});

test("serializable classes of compiled output are not registered a second time", () => {
  const source = `
    export class Point {
      static [Symbol.for("workflow-serialize")]() {}
      static [Symbol.for("workflow-deserialize")]() {}
    }
  `;
  const once = compile(source, "host");
  expect(once).toContain('"class//./input//Point"');
  expect(compile(once, "host", "again.ts")).toBe(once);
});

test("S1: a step is recognised as a value even before its statement has run", async () => {
  const compiled = execute(`
    const table = { charge };
    async function charge(n) { "use step"; return n + 1; }
    export async function order(n) { "use workflow"; return table.charge(n); }
  `);
  await expect(compiled.run("order", 1)).resolves.toBe(2);
  expect(compiled.calls).toEqual(["step//./input//charge"]);
});

test("sites name the function and count the calls of each name in it", async () => {
  const compiled = execute(
    `
    import { createHook, sleep } from "everstep";
    async function pause() { await sleep("1s"); }
    export async function order() {
      "use workflow";
      await sleep("1s"); await createHook(); await sleep("2s"); await pause();
    }`,
    { everstep: { sleep: async () => undefined, createHook: async () => undefined } },
  );
  await compiled.run("order");
  expect(compiled.sites).toEqual(["order#0", "order#0", "order#1", "pause#0"]);
});
