/** Values on their whole way: argument, step argument, step result and workflow result of a run. */
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { registryRecords } from "../../lib/contract/registry";
import { FatalError, RetryableError } from "../../lib/contract/step-error";
import { bundleOf, type StepScript, TestWorld, workflowId } from "../replay/world";
import { difference } from "./difference";
import { REGISTERED, VALUES } from "./values";

const SOURCE = `
import { registryRecords } from "../../lib/contract/registry";
import { FatalError, RetryableError } from "everstep";

export async function echo(...values: unknown[]) { "use step"; return values }

export async function order(...values: unknown[]) {
  "use workflow";
  return await echo(...values);
}

export async function classes(values: Record<string, unknown>) {
  "use workflow";
  const back = (await echo(values))[0] as typeof values;
  const expected = {
    date: Date, map: Map, set: Set, regexp: RegExp, bytes: Uint8Array, buffer: ArrayBuffer,
    view: DataView, error: Error, typeError: TypeError, url: URL, params: URLSearchParams,
    headers: Headers, stopped: DOMException, array: Array, object: Object,
    fatal: FatalError, retry: RetryableError,
  };
  return Object.entries(expected).filter(
    ([key, type]) => !(values[key] instanceof type && back[key] instanceof type)).map(([key]) => key);
}

export async function refused() {
  "use workflow";
  const seen: unknown[] = [];
  for (const bad of [() => 1, { x: Symbol("s") }, [Promise.resolve()], new (class Order {})(), deep()]) {
    try { seen.push(await echo("before", { bad })) }
    catch (error) { seen.push([error.code, error.path, error.message.split("\\n")[0]]) }
  }
  return [...seen, await echo("still works")];
}
const deep = () => { let value = {}; for (let n = 0; n < 2000; n++) value = { value }; return value };

export async function returnsFunction() { "use workflow"; return { order: { pay() {} } } }

export async function caught() {
  "use workflow";
  return await echo("x").catch((error) => [error.message.split("\\n")[0]]);
}

export class Money {
  constructor(readonly amount: bigint) {}
  static [Symbol.for("workflow-serialize")](money: Money) { return { amount: money.amount } }
  static [Symbol.for("workflow-deserialize")](data: { amount: bigint }) { return new Money(data.amount) }
  plus(other: Money) { return new Money(this.amount + other.amount) }
}

export async function instances() {
  "use workflow";
  const price = new Money(5n);
  const [again, { list }, type] = (await echo(price, { list: [price, price] }, Money)) as any;
  const sum = again.plus(list[0]).plus(price);
  return [again instanceof Money, list[0] === list[1], again === list[0], type === Money, sum.amount];
}
`;

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

const STEPS: StepScript = { echo: (...values: unknown[]) => values };

function run(name: string, args: unknown[] = [], steps = STEPS): unknown {
  return new TestWorld(bundle, { workflow: workflowId(name), args, steps }).run().result();
}

/** Classes and steps of the tests are not in the bundle of these workflows. */
const isInBundle = (name: string) => !(name in REGISTERED) && name !== "shared-everything";

test.each(Object.keys(VALUES).filter(isInBundle))("SR-01: %s makes the way of a run", (name) => {
  const args = [undefined, VALUES[name]!(), "last"];
  expect(difference([undefined, VALUES[name]!(), "last"], run("order", args))).toBeNull();
});

test("SR-13: values are made of the sandbox's own classes, there and after a step", () => {
  const values = {
    ...{ date: new Date(), map: new Map(), set: new Set(), regexp: /a/, bytes: Buffer.from("a") },
    ...{
      buffer: new ArrayBuffer(1),
      view: new DataView(new ArrayBuffer(1)),
      array: [],
      object: {},
    },
    ...{ error: new Error("no"), typeError: new TypeError("no"), url: new URL("https://a.b") },
    ...{ params: new URLSearchParams(), headers: new Headers(), stopped: new DOMException("a") },
    ...{ fatal: new FatalError("no"), retry: new RetryableError("later") },
  };
  expect(run("classes", [values])).toEqual([]);
});

test("SR-01: 255 arguments arrive in order", () => {
  const args = Array.from({ length: 255 }, (_, n) => n);
  expect(run("order", args)).toEqual(args);
});

test("P7: the workflow catches the refusal of a step's arguments, and goes on", () => {
  const [fn, symbol, promise, instance, deep, after] = run("refused") as unknown[];
  const start = (path: string) => `Failed to serialize step arguments at path "${path}"`;
  const advice =
    "Ensure you're passing serializable types (plain objects, arrays, primitives, Date, RegExp, Map, Set).";
  const refusal = (path: string, found: string) => [
    ...["VALUE_NOT_SERIALIZABLE", path],
    `${start(path)}. ${advice} Found ${found}.`,
  ];
  expect(fn).toEqual(refusal("[1].bad", "a function"));
  expect(symbol).toEqual(refusal("[1].bad.x", "a symbol (s)"));
  expect(promise).toEqual(refusal("[1].bad[0]", "a promise - did you forget await?"));
  expect(instance).toEqual(refusal("[1].bad", "an instance of Order"));
  expect(deep).toEqual(["VALUE_TOO_DEEP", expect.anything(), expect.stringMatching("1,000")]);
  expect(after).toEqual(["still works"]);
});

test("SR-12: a run whose result cannot be stored fails with the path to it", () => {
  expect(() => run("returnsFunction")).toThrow(
    'Failed to serialize workflow return value at path ".order.pay". ',
  );
});

test("SR-12: a step whose result cannot be stored fails, and the workflow catches that", () => {
  const echo = () => ({ socket: { end() {} } });
  expect(run("caught", [], { echo })).toEqual([
    expect.stringMatching(/^Failed to serialize step return value at path "\.socket\.end"\./),
  ]);
});

test("SR-17: instances are instances on the other side, and one stays one", () => {
  class Money {
    constructor(readonly amount: bigint) {}
    static [Symbol.for("workflow-serialize")](money: Money) {
      return { amount: money.amount };
    }
    static [Symbol.for("workflow-deserialize")](data: { amount: bigint }) {
      return new Money(data.amount);
    }
  }
  const id = "class//./workflows/test//Money";
  registryRecords().push({ kind: "class", id, fn: Money as never, at: "test.ts:1" });
  const echo = (price: Money, { list }: { list: Money[] }, type: unknown) => {
    expect([price instanceof Money, list[1] === price, type]).toEqual([true, true, Money]);
    return [price, { list }, type];
  };
  expect(run("instances", [], { echo } as StepScript)).toEqual([true, true, true, true, 15n]);
});
