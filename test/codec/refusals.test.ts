/** P7: a value that cannot make the round trip is refused where it is passed, with the path to it. */
import assert from "node:assert";
import { SerializationError } from "../../lib/contract/error";
import type { ValueName } from "../../lib/codec/codec";
import { codec } from "./host";
import { createRealm } from "./realm";
import { Money, Purse } from "./registered";

const realm = createRealm();

function refusal(value: unknown, what: ValueName = "step arguments"): SerializationError {
  try {
    codec.encode(value, what);
  } catch (error) {
    if (SerializationError.is(error)) return error;
    throw error;
  }
  throw new Error("It was stored");
}

/** The first line of the message, without its beginning. */
function found(value: unknown): string {
  const { code, message } = refusal(value);
  expect(code).toBe("VALUE_NOT_SERIALIZABLE");
  return /Found (.*)\.\n/.exec(message)![1]!;
}

class Customer {
  name = "Ann";
}
class OrderList extends Array<number> {}
class Registry extends Map<string, number> {}
class HalfDone {
  static [Symbol.for("workflow-serialize")]() {
    return 1;
  }
}

test("SR-11: the message has the text people know, the path, what was found and what to do", () => {
  const { message } = refusal([{ order: { items: [0, 1, { price() {} }] } }]);
  expect(message).toBe(
    'Failed to serialize step arguments at path "[0].order.items[2].price". ' +
      "Ensure you're passing serializable types (plain objects, arrays, primitives, Date, RegExp, " +
      "Map, Set). Found a function (price).\n\n" +
      "Pass plain data, or give the class both methods that make its instances storable. " +
      "(VALUE_NOT_SERIALIZABLE, see everstep/docs/errors/VALUE_NOT_SERIALIZABLE.md)",
  );
});

const NAMES: ValueName[] = [
  ...(["workflow arguments", "workflow return value", "step arguments"] as const),
  ...(["step return value", "stream chunk", "hook payload", "hook metadata"] as const),
];

test.each(NAMES)("SR-11: what was to be stored is named: %s", (what) => {
  const { message, path } = refusal(Symbol("s"), what);
  expect(message).toMatch(
    `Failed to serialize ${what}. Ensure you're passing serializable types (plain objects, arrays, ` +
      "primitives, Date, RegExp, Map, Set). Found a symbol (s).",
  );
  expect(path).toBe("");
});

const PATHS: [string, unknown][] = [
  [".order.items[2].price", { order: { items: [1, 2, { price: () => 1 }] } }],
  ["[0].x", [{ x: Symbol("a") }]],
  ['.get("k")', new Map([["k", () => 1]])],
  [".get(1).a", new Map([[1, { a: () => 1 }]])],
  [".get(null)", new Map([[null, () => 1]])],
  [
    ".values()[1]",
    new Map<unknown, unknown>([
      [1, 1],
      [{}, () => 1],
    ]),
  ],
  [
    ".keys()[1].a",
    new Map<unknown, unknown>([
      [1, 1],
      [{ a: () => 1 }, 1],
    ]),
  ],
  [".values()[1][0]", new Set([1, [() => 1]])],
  ['["odd key"]["a.b"][""]', { "odd key": { "a.b": { "": () => 1 } } }],
  ["[5]", Object.assign([], { 5: () => 1, length: 9 })],
  [".a.b", Object.assign(Object.create(null) as object, { a: { b: () => 1 } })],
  ['.contents.get("a")', new Purse(new Map([["a", (() => 1) as unknown as Money]]))],
  [".größe.$a._1", { größe: { $a: { _1: () => 1 } } }],
];

test.each(PATHS)("P7: the path %s leads to what cannot be stored", (path, value) => {
  expect(refusal(value).path).toBe(path);
});

const generator = function* () {};
const asyncGenerator = async function* () {};

function detached(): Uint8Array {
  const bytes = new Uint8Array(3);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

const FOUND: [string, unknown][] = [
  ["a function (pay)", function pay() {}],
  ["a function", () => 1],
  ["a function (bound charge)", function charge() {}.bind(null)],
  ["a class (Customer)", Customer],
  ["a symbol (why)", Symbol("why")],
  ["a symbol (without a name)", Symbol()],
  ["a symbol (shared)", Symbol.for("shared")],
  ["a promise - did you forget await?", Promise.resolve(1)],
  [
    "a promise - did you forget await?",
    new (class {
      then() {}
    })(),
  ],
  ["an instance of WeakMap", new WeakMap()],
  ["an instance of WeakSet", new WeakSet()],
  ["an instance of WeakRef", new WeakRef({})],
  ["a generator", generator()],
  ["a generator", asyncGenerator()],
  ["an instance of Customer", new Customer()],
  ["an instance of HalfDone, a class without both methods", new HalfDone()],
  ["an instance of OrderList", OrderList.of(1)],
  ["an instance of Registry", new Registry()],
  ["an instance of SharedArrayBuffer", new SharedArrayBuffer(1)],
  ["an object with a prototype of its own", Object.create({ a: 1 })],
  ["an iterator - pass [...iterator]", new Map().entries()],
  ["an iterator - pass [...iterator]", [1].values()],
  ["a property that throws (Cannot perform Construct on a detached ArrayBuffer)", detached()],
  ["an instance of Date", Object.create(Date.prototype)],
  ["a Number object - pass the number itself", Object(1)],
  ["a String object - pass the string itself", Object("a")],
  ["a Boolean object - pass the boolean itself", Object(false)],
  ["a Symbol object - pass the symbol itself", Object(Symbol())],
  ["a BigInt object - pass the bigint itself", Object(1n)],
  ["a key that is a symbol (hidden)", { [Symbol("hidden")]: 1 }],
  ["a key that is a symbol (hidden)", Object.assign([1], { [Symbol("hidden")]: 1 })],
  ["a key that is a symbol (hidden)", Object.assign([, 1], { [Symbol("hidden")]: 1 })],
  ['the property "note" of an array', Object.assign([1], { note: 1 })],
  ['the property "index" of an array', /a/.exec("a")],
  ['the property "4294967295" of an array', Object.assign([1], { 4294967295: 1 })],
  ['the property "note" of an instance of Map', Object.assign(new Map(), { note: 1 })],
  ['the property "note" of an instance of Set', Object.assign(new Set(), { note: 1 })],
  ['the property "note" of an instance of Date', Object.assign(new Date(), { note: 1 })],
  ['the property "note" of an instance of RegExp', Object.assign(/a/, { note: 1 })],
  ['the property "note" of an instance of URL', Object.assign(new URL("a:b"), { note: 1 })],
  ['the property "note" of an instance of Headers', Object.assign(new Headers(), { note: 1 })],
  [
    'the property "note" of an instance of ArrayBuffer',
    Object.assign(new ArrayBuffer(1), { note: 1 }),
  ],
  ["an object of type Arguments", new Function("return arguments")(1)],
  ["an object of type Math", Math],
  [
    "a property that throws (not now)",
    {
      get a(): never {
        throw new Error("not now");
      },
    },
  ],
  [
    "a property that throws",
    {
      get a(): never {
        throw 1;
      },
    },
  ],
  ["a function", Object.setPrototypeOf(() => 1, null)],
  ["a function (JSON)", function JSON() {}],
];

test.each(FOUND)("SR-10: refused, and named: %s", (name, value) => {
  expect([found(value), found([[value]])]).toEqual([
    expect.stringMatching(`^${escaped(name)}$`),
    expect.stringMatching(`^${escaped(name)}$`),
  ]);
});

function escaped(text: string): string {
  return text.replace(/[().?[\]]/g, "\\$&");
}

test("SR-10: a class that only calls itself URL or Buffer is not taken for one", () => {
  class URL {
    readonly href = "https://example.com/";
  }
  class Buffer extends Map<string, number> {}
  expect(found(new URL())).toBe("an instance of URL");
  expect(found(new Buffer([["a", 1]]))).toBe("an instance of Buffer");
});

test("SR-15: each property is read once, and nothing is called", () => {
  const reads: string[] = [];
  const seen = <V>(name: string, value: V) => (reads.push(name), value);
  const value = {
    get a() {
      return seen("a", { toJSON: 1, valueOf: 2, toString: 3 });
    },
    get b() {
      return seen("b", new Map([[1, Object.defineProperty([0], 0, itemGetter)]]));
    },
  };
  const itemGetter = { enumerable: true, get: () => seen("item", 1n) };
  codec.encode([value], "step arguments");
  expect(reads).toEqual(["a", "b", "item"]);
  const methods = { toJSON: () => seen("toJSON", 1), then: undefined, a: 1 };
  expect(refusal({ methods }).path).toBe(".methods.toJSON");
  expect(reads).toEqual(["a", "b", "item"]);
});

test("P7: a proxy travels as what it shows; one that throws is refused where it stands", () => {
  const shown = new Proxy({ a: 1, b: 2 }, { get: (_, key) => `the ${String(key)}` });
  expect(codec.encode([shown], "step arguments")).toBe('1j[{"a":"the a","b":"the b"}]');
  const trap = (): never => {
    throw new Error("no entry");
  };
  for (const name of ["ownKeys", "getPrototypeOf", "get", "getOwnPropertyDescriptor"] as const) {
    const { path, message } = refusal([{ a: new Proxy({ x: 1 }, { [name]: trap }) }]);
    expect(path).toMatch(/^\[0\]\.a(?:\.x)?$/);
    expect(message).toContain("Found a property that throws (no entry).");
  }
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(refusal({ proxy }).path).toBe(".proxy");
});

test("what a getter throws is the cause of the refusal", () => {
  const reason = new Error("not now");
  const value = Object.defineProperty({ a: 1 }, "a", {
    get() {
      throw reason;
    },
  });
  expect(refusal({ value }).cause).toBe(reason);
});

test("SR-17: a class that nothing registered is refused, with that as the reason", () => {
  const methods = {
    [Symbol.for("workflow-serialize")]: () => 1,
    [Symbol.for("workflow-deserialize")]: (): object => new Loose(),
  };
  const Loose: new () => object = Object.assign(class Loose {}, methods);
  expect(found([new Loose()])).toBe("an instance of Loose, a class that is not registered");
  class Subclass extends Money {}
  const sub: object = new Subclass(1n, "EUR");
  expect(found(sub)).toBe("an instance of Subclass, a class that is not registered");
});

test("SR-17: what the method of a class throws or returns is refused at its instance", () => {
  const bad = new Money({ get: () => 1 } as unknown as bigint, "EUR");
  expect(refusal([{ bad }]).path).toBe("[0].bad[0].get");
  const broken = new Purse(new Map());
  Object.defineProperty(broken, "contents", { get: () => assert.fail("it is locked") });
  expect(found([broken])).toBe(
    'an instance of Purse whose "workflow-serialize" threw (it is locked)',
  );
  const self = new Money(null as unknown as bigint, "EUR");
  Object.defineProperty(self, "amount", { value: { self } });
  expect(refusal({ self }).path).toBe(".self[0].self");
  expect(found({ self })).toBe("an instance of Money again, inside of what it is made from");
  const order: Record<string, unknown> = {};
  order.total = new Money(order as never, "EUR");
  expect(found(order)).toBe("an object again, inside of what it is made from");
});

/** An order that holds the part, and an instance that is made from another part. */
function orderWith(parts: (order: object) => { first: object; madeFrom: object }): object {
  const order: Record<string, unknown> = {};
  const { first, madeFrom } = parts(order);
  return Object.assign(order, {
    first,
    rest: [{}, {}],
    total: new Money(madeFrom as never, "EUR"),
  });
}

const LEADING_BACK: Record<string, Parameters<typeof orderWith>[0]> = {
  "what holds it": (order) => ({ first: {}, madeFrom: order }),
  "a part that leads to what holds it": (order) => {
    const part = { order };
    return { first: part, madeFrom: part };
  },
  "a part whose part leads to what holds it": (order) => {
    const part = new Map([[1, [{ order }]]]);
    return { first: part, madeFrom: part };
  },
  "a part that mentions one that leads to what holds it": (order) => {
    const part = [{ order }];
    const other = { part };
    return { first: [part, other], madeFrom: [other] };
  },
};

test.each(Object.keys(LEADING_BACK))("SR-17: an instance is not made from %s", (name) => {
  expect(found(orderWith(LEADING_BACK[name]!))).toMatch(/again, inside of what it is made from$/);
});

test("SR-17: what an error left out does not count as a way back", () => {
  const fail = (bad: unknown) => Object.assign(new Error("no"), { bad });
  const stored = [
    orderWith((order) => {
      const error = fail([{ order }, () => 1]);
      return { first: error, madeFrom: error };
    }),
    orderWith((order) => ({ first: fail([{ order }, () => 1]), madeFrom: {} })),
  ];
  const [order, rest]: [object, object[]] = [{}, [{}, {}, {}]];
  const first = fail([{ order }, { order }, { order }, () => 1]);
  stored.push(Object.assign(order, { first, rest, total: new Money(rest[0] as never, "EUR") }));
  const twice: Record<string, unknown> = {};
  const failure = fail(twice) as never;
  stored.push(Object.assign(twice, { a: new Money(failure, "EUR"), b: new Money(failure, "USD") }));
  const self = [fail(new Money((() => 1) as never, "EUR"))] as unknown[];
  stored.push((self.push(self), self));
  for (const value of stored) expect(() => codec.encode(value, "step arguments")).not.toThrow();
});

test("inside the sandbox a value is refused with the same words", () => {
  const code = `
    try { codec.encode([{ a: new Map([["k", VALUE]]) }], "step arguments") }
    catch (error) { return [error.code, error.path, error.message].join("|") }`;
  const host = refusal([{ a: new Map([["k", () => 1]]) }]);
  expect(realm.run(code.replace("VALUE", "() => 1"))).toBe(
    [host.code, host.path, host.message].join("|"),
  );
});
