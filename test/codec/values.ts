/**
 * The table of values that make the round trip, each made anew when it is asked for, on either side.
 * Its names are the names of the recorded samples, so a value may be added but never changed.
 */
import { FatalError, RetryableError } from "../../lib/contract/step-error";
import { Basket, charge, Declined, Money, Purse, Refund } from "./registered";

export type MakeValue = () => unknown;

const bytes = (...list: number[]) => Uint8Array.from(list);
const bufferOf = (...list: number[]) => bytes(...list).buffer;
/** A string that JSON would change on its way: controls, both halves of a pair alone, and more. */
const ODD_TEXT = '\0\b\t\n\r"\\/\u2028\u2029\ud800 \udfff \u{1f600}é';

export const PRIMITIVES: Record<string, MakeValue> = {
  null: () => null,
  undefined: () => undefined,
  true: () => true,
  false: () => false,
  zero: () => 0,
  "negative-zero": () => -0,
  nan: () => NaN,
  infinity: () => Infinity,
  "negative-infinity": () => -Infinity,
  numbers: () => [1, -1, 0.1, 1e21, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, 2 ** 53],
  "empty-text": () => "",
  text: () => "Grüße, 世界",
  "odd-text": () => ODD_TEXT,
  "null-bytes": () => "a\0b",
  "lone-surrogates": () => ["\ud800", "\udfff", "\udfff\ud800", "a\ud83d"],
  bigint: () => 10n,
  "negative-bigint": () => -10n,
  bigints: () => [0n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n, -(2n ** 200n) - 1n],
  "huge-bigint": () => 7n ** 2000n,
  "codec-marks": () => [
    ...["~", "~~", "~~~", "~Map", "~0", "~#0", "~@0", "~undefined", "~nan", "~0x1", "~-0"],
    ...["~Step", "~~Map", "1j", "1r", "~\n"],
  ],
  "codec-mark-alone": () => "~undefined",
  "codec-row-alone": () => ["~Map", "a", 1],
  "codec-row-in-text": () => [["~Error", "Error"], ["~Class", "x"], [["~Set"]], { a: ["~Null"] }],
};

export const OBJECTS: Record<string, MakeValue> = {
  "plain-order": () => ({
    id: "ord_1",
    items: [{ sku: "a", price: 10.5, tags: [] }],
    paid: true,
    note: null,
    nested: { empty: {} },
  }),
  "empty-object": () => ({}),
  "empty-array": () => [],
  arguments: () => [{ id: 1 }, undefined, "last"],
  "undefined-everywhere": () => ({
    a: undefined,
    b: [undefined, null, undefined],
    c: { d: undefined },
  }),
  "key-order": () => ({ b: 1, a: undefined, 10: 3n, 2: 4, "": 5, "-1": 6, "01": 7 }),
  "odd-keys": () => ({ [ODD_TEXT]: 1n, "~": 2, "~Map": 3, "~#0": 4, "a.b": 5, "[0]": 6 }),
  "dangerous-keys": dangerousKeys,
  "dangerous-keys-plain": () => JSON.parse('{"__proto__":{"polluted":1},"toJSON":"x","then":1}'),
  "null-prototype": () => withoutPrototype({ a: 1, "~": undefined, nested: withoutPrototype({}) }),
  "null-prototype-with-dangerous-keys": () => withoutPrototype(dangerousKeys()),
  "sparse-array": () => Object.assign([], { 1: "a", 3: undefined, length: 6 }),
  "sparse-array-of-holes": () => new Array<unknown>(3),
  "sparse-array-longest": () => Object.assign([], { 4294967294: "last", 7: "x" }),
  "sparse-array-in-itself": () => {
    const array: unknown[] = new Array<unknown>(100);
    array[50] = array;
    return array;
  },
};

export const REFERENCES: Record<string, MakeValue> = {
  "shared-object": () => {
    const shared = { n: 1 };
    return { a: shared, b: [shared, shared], c: new Map([[shared, shared]]) };
  },
  "shared-everything": () => {
    const shared = [
      new Date(0),
      /a/,
      bytes(1),
      new URL("https://a.b/"),
      new Map(),
      new Money(1n, "EUR"),
    ];
    return [...shared, [], shared, ...shared, fixed(new Error("no", { cause: shared }))];
  },
  "shared-among-many": () => {
    const list = Array.from({ length: 40 }, (_, n) => ({ n }));
    return [list, ...list.slice(20), ...list.slice(0, 20)];
  },
  cycle: () => {
    const order: Record<string, unknown> = { id: 1 };
    order.self = order;
    order.items = [{ order }];
    return order;
  },
  "cycle-of-arrays": () => {
    const array: unknown[] = [];
    array.push(array, [array]);
    return array;
  },
  "cycle-of-collections": () => {
    const [map, set] = [new Map<unknown, unknown>(), new Set<unknown>()];
    map.set(map, set).set(set, map);
    set.add(map).add(set);
    return { map, set };
  },
  "cycle-of-null-prototypes": () => {
    const object = withoutPrototype({ a: 1 });
    object.self = object;
    return object;
  },
  "cycle-of-errors": () => {
    const error = fixed(new Error("no"));
    error.cause = fixed(new AggregateError([error], "many"));
    return hide(error, "cause");
  },
};

export const BINARY: Record<string, MakeValue> = {
  "array-buffer": () => bufferOf(0, 1, 254, 255),
  "array-buffer-empty": () => new ArrayBuffer(0),
  "data-view": () => new DataView(bufferOf(1, 2, 3)),
  "data-view-of-a-part": () => new DataView(bufferOf(1, 2, 3, 4), 1, 2),
  int8: () => Int8Array.of(-128, 0, 127),
  uint8: () => bytes(0, 128, 255),
  "uint8-empty": () => bytes(),
  "uint8-clamped": () => Uint8ClampedArray.of(0, 300),
  int16: () => Int16Array.of(-32768, 1),
  uint16: () => Uint16Array.of(65535),
  int32: () => Int32Array.of(-(2 ** 31), 5),
  uint32: () => Uint32Array.of(2 ** 32 - 1),
  float32: () => Float32Array.of(0.5, -0, NaN, Infinity),
  float64: () => Float64Array.of(0.1, -0, NaN, -Infinity),
  bigint64: () => BigInt64Array.of(-(2n ** 63n), 1n),
  biguint64: () => BigUint64Array.of(2n ** 64n - 1n),
  "long-bytes": () => bytes(...Array.from({ length: 1000 }, (_, n) => (n * 7) % 256)),
  "bytes-of-every-remainder": () => [1, 2, 3, 74, 75, 76, 77].map((n) => new Uint8Array(n).fill(n)),
  "view-of-a-part": () => new Uint8Array(bufferOf(1, 2, 3, 4, 5), 1, 3),
  "wide-view-of-a-part": () => new Uint16Array(bufferOf(1, 2, 3, 4, 5, 6), 2, 1),
};

export const STANDARD_TYPES: Record<string, MakeValue> = {
  date: () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
  "date-invalid": () => new Date(NaN),
  "date-extremes": () => [new Date(8.64e15), new Date(-8.64e15), new Date(0)],
  regexp: () => /a+"\/[\\\]]\n\u{1f600}/giu,
  "regexp-all-flags": () => [
    /x/dgimsy,
    new RegExp(""),
    new RegExp("/"),
    /\ud800/,
    new RegExp("[a&&b]", "v"),
  ],
  map: () =>
    new Map<unknown, unknown>([
      ["a", 1],
      [1, "b"],
      [null, undefined],
      [NaN, -0],
      [{}, []],
    ]),
  "map-nested": () => new Map([[new Map([[new Set([1n]), 1]]), new Map([["x", new Map()]])]]),
  "map-empty": () => new Map(),
  "map-with-dangerous-keys": () =>
    new Map([
      ["__proto__", 1],
      ["constructor", 2],
      ["~Map", 3],
    ]),
  set: () => new Set<unknown>(["a", "~a", 1, NaN, undefined, null, 2n, new Date(5), new Set()]),
  "set-empty": () => new Set(),
};

export const WEB_TYPES: Record<string, MakeValue> = {
  url: () => new URL("https://user:pass@example.com:8080/a%20b?q=1&q=%C3%A4#part"),
  "url-of-other-schemes": () => [
    new URL("file:///a/b"),
    new URL("mailto:a@b.c"),
    new URL("data:,~"),
  ],
  "search-params": () => new URLSearchParams("a=1&a=2&b=%20+&c&%00=~"),
  "search-params-empty": () => new URLSearchParams(),
  headers: () =>
    new Headers([
      ["X-A", "1"],
      ["x-a", "2"],
      ["Accept", "~text"],
    ]),
  "headers-with-cookies": () => {
    const headers = new Headers({ a: "b" });
    for (const cookie of ["x=1; Path=/", "y=2, z=3", "x=1"]) headers.append("set-cookie", cookie);
    return headers;
  },
  "headers-empty": () => new Headers(),
  "dom-exception": () => fixed(new DOMException("~stopped", "AbortError")),
  "dom-exception-with-fields": () =>
    Object.assign(fixed(new DOMException("no", "NotFoundError")), { order: new Date(1) }),
};

export const ERRORS: Record<string, MakeValue> = {
  error: () => fixed(new Error("~no")),
  "error-empty": () => fixed(new Error()),
  "error-of-each-class": () =>
    [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((each) =>
      fixed(new each(`a ${each.name}`)),
    ),
  "error-with-name-and-code": () =>
    Object.assign(fixed(new Error("no")), { name: "PaymentError", code: "E_PAY", status: 402 }),
  "error-with-causes": () =>
    fixed(new Error("a", { cause: fixed(new TypeError("b", { cause: { why: 1n } })) })),
  "error-with-cause-undefined": () => fixed(new Error("a", { cause: undefined })),
  "error-with-fields": () =>
    Object.assign(fixed(new RangeError("no")), {
      ...{ order: { at: new Date(0) }, list: [new Map()], missing: undefined },
      ...{ toJSON: 1, constructor: "x", errors: [1] },
    }),
  "error-with-proto-key": () =>
    Object.defineProperty(fixed(new Error("no")), "__proto__", {
      ...{ value: { polluted: 1 }, enumerable: true, writable: true, configurable: true },
    }),
  "aggregate-error": () =>
    fixed(new AggregateError([fixed(new TypeError("a")), "b", { c: 1 }], "all failed")),
  "fatal-error": () =>
    Object.assign(fixed(new FatalError("no", { cause: fixed(new Error("why")) })), { code: 7 }),
  "retryable-error": () =>
    fixed(new RetryableError("later", { retryAfter: new Date(Date.UTC(2030, 0, 1)) })),
};

export const REGISTERED: Record<string, MakeValue> = {
  instance: () => new Money(125n, "EUR"),
  "instance-of-a-subclass": () => new Refund(1n, "USD"),
  "instance-of-an-array-class": () => Basket.from(["a", "b"]),
  "instance-of-an-error-class": () => new Declined("no money"),
  "instances-within-an-instance": () =>
    new Purse(
      new Map([
        ["a", new Money(1n, "EUR")],
        ["b", new Refund(2n, "EUR")],
      ]),
    ),
  "instance-twice": () => {
    const money = new Money(1n, "EUR");
    return { money, again: [money], purse: new Purse(new Map([["m", money]])), last: money };
  },
  class: () => [Money, { type: Purse }, new Map([[Refund, Money]])],
  step: () => [charge, { retry: charge }, new Set([charge])],
};

export const VALUES: Record<string, MakeValue> = {
  ...{ ...PRIMITIVES, ...OBJECTS, ...REFERENCES, ...BINARY, ...STANDARD_TYPES },
  ...{ ...WEB_TYPES, ...ERRORS, ...REGISTERED },
};

/** A stack that is the same everywhere. */
export function fixed<E extends object>(
  error: E,
  stack = "Error\n    at order (src/order.ts:1:1)",
): E {
  return Object.defineProperty(error, "stack", {
    value: stack,
    writable: true,
    configurable: true,
  });
}

function hide<V extends object>(value: V, key: string): V {
  return Object.defineProperty(value, key, { enumerable: false });
}

function withoutPrototype(value: object): Record<string, unknown> {
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, each] of Object.entries(value)) object[key] = each;
  return object;
}

/** Keys by which a careless reader would change the prototype of this or of all objects. */
function dangerousKeys(): Record<string, unknown> {
  const value: Record<string, unknown> = { constructor: { prototype: { polluted: 1 } } };
  Object.assign(value, { prototype: 2n, toJSON: "x", then: null, hasOwnProperty: 1, length: 3 });
  const descriptor = { enumerable: true, writable: true, configurable: true };
  const proto = { value: { polluted: new Date(0) }, ...descriptor };
  return Object.defineProperty(value, "__proto__", proto);
}
