import assert from "node:assert";
import vm from "node:vm";
import { difference } from "./difference";
import { codec, roundTrip } from "./host";
import { createRealm } from "./realm";
import { charge, Money } from "./registered";
import { VALUES } from "./values";

const NAMES = Object.keys(VALUES);
const realm = createRealm();
const encode = (name: string) => codec.encode(VALUES[name]!(), "workflow arguments");

test.each(NAMES)("SR-03: %s comes back as it was on the host", (name) => {
  expect(difference(VALUES[name]!(), codec.decode(encode(name)))).toBeNull();
});

test.each(NAMES)("SR-13: %s is made of the sandbox's own classes there, and comes back", (name) => {
  const text = encode(name);
  expect(realm.differenceToNamed(name, text)).toBeNull();
  const back = realm.echo(text);
  expect(difference(VALUES[name]!(), codec.decode(back))).toBeNull();
  expect(back).toBe(text);
});

test.each(NAMES)(
  "SR-03: %s stays what it is within the sandbox, and on the host after it",
  (name) => {
    const text = realm.encodeNamed(name);
    expect(realm.differenceToNamed(name, text)).toBeNull();
    expect(difference(VALUES[name]!(), codec.decode(text))).toBeNull();
  },
);

test.each(NAMES)("P7: storing %s changes nothing of it, frozen or not", (name) => {
  const value = VALUES[name]!();
  const text = codec.encode(value, "step arguments");
  expect(difference(VALUES[name]!(), value)).toBeNull();
  if (typeof value === "object" && !ArrayBuffer.isView(value)) Object.freeze(value);
  expect(codec.encode(value, "step arguments")).toBe(text);
});

test("no two values of the table are the same to the tests", () => {
  const same = NAMES.flatMap((a) =>
    NAMES.filter((b) => a !== b && difference(VALUES[a]!(), VALUES[b]!()) === null),
  );
  expect(same).toEqual([]);
});

test("SR-04: a Buffer arrives as a Uint8Array with its own bytes (SR-23)", () => {
  const pooled = Buffer.from("some text").subarray(2, 6);
  const value = roundTrip({ pooled, empty: Buffer.alloc(0) });
  expect(
    difference({ pooled: new Uint8Array(pooled), empty: new Uint8Array(0) }, value),
  ).toBeNull();
});

test("SR-23: a view is stored with its own bytes only, not with the buffer behind it", () => {
  const large = new Uint8Array(1_000_000).fill(7);
  const views = [large.subarray(10, 13), new DataView(large.buffer, 5, 2)];
  expect(codec.encode(views, "step arguments").length).toBeLessThan(100);
  const [bytes, view] = roundTrip(views) as [Uint8Array, DataView];
  expect([bytes.buffer.byteLength, bytes.byteOffset, view.buffer.byteLength]).toEqual([3, 0, 2]);
});

test("SR-04: half precision numbers keep their class where the language has it", () => {
  const { Float16Array: Half } = globalThis as { Float16Array?: { of(...n: number[]): object } };
  if (Half) expect(difference(Half.of(0.5, -0), roundTrip(Half.of(0.5, -0)))).toBeNull();
  else expect(() => codec.decode('1r["~Float16Array","ADgAgA=="]')).toThrow(/type "Float16Array"/);
});

const FOREIGN = `({
  object: { a: 1 }, array: [1, , 2], map: new Map([[1, new Map()]]), set: new Set([1n]),
  date: new Date(5), pattern: /a/gi, bytes: Uint8Array.of(1, 2), floats: Float64Array.of(0.5),
  buffer: new ArrayBuffer(2), view: new DataView(new ArrayBuffer(3)), none: Object.create(null),
})`;

test("SR-13: values of another realm arrive as values of this one", () => {
  const here = new Function(`return ${FOREIGN}`)() as object;
  expect(difference(here, roundTrip(vm.runInNewContext(FOREIGN)))).toBeNull();
  for (const name of ["Map", "Set", "Date", "RegExp", "Uint8Array", "Error", "Array"]) {
    const code = `class Sub extends ${name} {}; Object.defineProperty(Sub, "name", { value: "${name}" }); new Sub()`;
    const foreign: unknown = vm.runInNewContext(code);
    if (name === "Error") expect(roundTrip(foreign)).toBeInstanceOf(Error);
    else expect(() => roundTrip(foreign)).toThrow(`an instance of ${name}`);
  }
});

test("SR-09: an error keeps its stack, and has none of the place where it is read", () => {
  const error = new TypeError("no");
  expect((roundTrip(error) as Error).stack).toBe(error.stack);
  const without = new Error("no");
  delete without.stack;
  expect((roundTrip(without) as Error).stack).toBe("");
});

test("SR-09: an error of a class of one's own is an Error with its name and fields", () => {
  class PaymentError extends RangeError {
    override name = "PaymentError";
    constructor(readonly order: { id: string }) {
      super("declined", { cause: "no money" });
    }
    get code() {
      return "E_PAYMENT";
    }
  }
  const error = roundTrip(new PaymentError({ id: "ord_1" })) as PaymentError;
  expect(Object.getPrototypeOf(error)).toBe(RangeError.prototype);
  expect(error).toMatchObject({ name: "PaymentError", message: "declined", cause: "no money" });
  expect(error).toMatchObject({ code: "E_PAYMENT", order: { id: "ord_1" } });
});

test("SR-09: what of an error cannot be stored is left out, and the rest arrives", () => {
  const shared = { n: 1 };
  const error = Object.assign(new Error("no"), {
    before: shared,
    socket: { shared, deep: [{ send() {} }] },
    broken: 1,
    bytes: { long: new Uint8Array(500), socket: Symbol("s") },
    after: [shared, new Uint8Array(300).fill(1)],
  });
  Object.defineProperty(error, "broken", { get: () => assert.fail("a getter") });
  const value = roundTrip([error, shared]) as [typeof error, object];
  expect(Object.keys(value[0])).toEqual(["before", "after"]);
  expect(value[0].before).toBe(value[1]);
  expect(value[0].after).toEqual([{ n: 1 }, new Uint8Array(300).fill(1)]);
});

test("SR-15: a getter travels as what it returned, and toJSON is not asked", () => {
  let reads = 0;
  const value = {
    get now() {
      return ++reads;
    },
    hidden: 1,
  };
  Object.defineProperty(value, "hidden", { enumerable: false });
  expect(roundTrip(value)).toEqual({ now: 1 });
  class Shop {
    toJSON() {
      throw new Error("toJSON was called");
    }
  }
  const prototype = Object.assign(Object.prototype, { toJSON: () => "wrong", everywhere: 1 });
  try {
    const text = codec.encode({ a: [{ b: 1n }], c: new Map([[1, {}]]) }, "step arguments");
    expect(text).toBe('1r{"a":[{"b":"~0x1"}],"c":["~Map",1,{}]}');
    expect(codec.encode([{ a: 1 }], "step arguments")).toBe('1j[{"a":1}]');
    expect(() => codec.encode(new Shop(), "step arguments")).toThrow("an instance of Shop");
  } finally {
    Reflect.deleteProperty(prototype, "toJSON");
    Reflect.deleteProperty(prototype, "everywhere");
  }
});

test("plain data is stored as JSON, and so can be read by people and databases", () => {
  expect(codec.encode([{ a: [1, "é", null] }], "step arguments")).toBe('1j[{"a":[1,"é",null]}]');
});

test("SR-08: a step arrives on the host as the function itself; an unknown one is named", () => {
  expect(roundTrip([charge])).toEqual([charge]);
  expect((roundTrip([charge]) as unknown[])[0]).toBe(charge);
  expect(() => codec.decode('1r["~Step","step//./src/order//gone"]')).toThrow(
    'Step function "step//./src/order//gone" not found. Make sure the step function is registered.',
  );
});

test("SR-08: what a step closed over and is bound to travels with it", () => {
  const result = realm.run(`
    const shared = { n: 1n };
    const step = references.bind(
      references.add(async () => {}, "step//a//b", () => ({ shared, when: new Date(5) })),
      new CLASSES["class//./test/codec/registered//Money"](5n, "EUR"));
    const [first, again, other] = codec.decode(codec.encode([step, step, shared], "step arguments"));
    const { id, captured, receiver } = references.find(first);
    return [id, captured.when.getTime(), captured.shared === other, receiver.amount,
      receiver.constructor.name, first === again].join();
  `);
  expect(result).toBe("step//a//b,5,true,5,Money,true");
});

test("SR-17: an instance is stored once however often it is held", () => {
  const money = new Money(1n, "EUR");
  const [first, { again }] = roundTrip([money, { again: money }]) as [Money, { again: Money }];
  expect(first).toBeInstanceOf(Money);
  expect(again).toBe(first);
});

test.each(NAMES)("SR-07: the text of %s fits into any database", (name) => {
  const text = encode(name);
  expect([...text].filter((character) => character < " " && character !== "\n")).toEqual([]);
  expect(Buffer.from(text, "utf8").toString("utf8")).toBe(text);
});

test("SR-14: requests and responses keep what they are made of inside the sandbox", () => {
  const result = realm.run(`
    const echo = (value) => codec.decode(codec.encode(value, "step arguments"));
    const headers = new Headers([["a", "b"], ["set-cookie", "x=1"], ["set-cookie", "y=2"]]);
    const response = echo(new Response("text", { status: 201, statusText: "Made", headers }));
    const request = echo(new Request("https://a.b/c?d", { method: "POST", headers: { e: "f" }, body: "g" }));
    const shared = new Response(null, { status: 204 });
    const [first, again] = echo([shared, shared]);
    return JSON.stringify([
      response instanceof Response, response.status, response.statusText,
      response.headers.getSetCookie(), request instanceof Request, request.method, request.url,
      request.headers.get("e"), first === again, first.body, first.status]);
  `);
  expect(JSON.parse(result)).toEqual([
    ...[true, 201, "Made", ["x=1", "y=2"], true, "POST", "https://a.b/c?d", "f", true, null, 204],
  ]);
});
