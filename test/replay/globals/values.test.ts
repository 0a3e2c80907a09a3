/** `structuredClone`, `DOMException` and `queueMicrotask`, as in Node. */
import { expectSameAsNode } from "./compare";
import { newRealm } from "./realm-script";

/** Tells apart what JSON does not. */
const DESCRIBE = `(() => {
  const tag = (v) => Object.prototype.toString.call(v);
  const describe = (v, seen = new Map()) => {
    if (typeof v === "bigint") return v + "n";
    if (typeof v === "symbol") return String(v);
    if (v === undefined) return "undefined";
    if (Object.is(v, -0)) return "-0";
    if (typeof v === "number") return String(v);
    if (v === null || typeof v !== "object") return v;
    if (seen.has(v)) return "same as " + seen.get(v);
    seen.set(v, seen.size);
    const proto = Object.getPrototypeOf(v);
    const own = Reflect.ownKeys(v).filter((k) => k !== "stack").map((k) => {
      const d = Object.getOwnPropertyDescriptor(v, k);
      return [String(k), d.enumerable, d.writable, d.configurable, "value" in d ? describe(d.value, seen) : "accessor"];
    });
    const inside = v instanceof Map ? [...v].map((e) => describe(e, seen))
      : v instanceof Set ? [...v].map((e) => describe(e, seen))
      : v instanceof Date ? v.getTime() : v instanceof RegExp ? String(v) + v.lastIndex
      : v instanceof ArrayBuffer ? [...new Uint8Array(v)] : v instanceof DataView ? [v.byteOffset, v.byteLength]
      : ArrayBuffer.isView(v) ? [v.byteOffset, v.length] : /Number|String|Boolean|BigInt/.test(tag(v)) ? String(v.valueOf()) : null;
    return [tag(v), proto && proto.constructor && proto.constructor.name, inside, own];
  };
  return describe;
})()`;

const VALUES = [
  ...[
    "1",
    "-0",
    "NaN",
    "'x'",
    "undefined",
    "null",
    "true",
    "5n",
    "[1, , 3]",
    "[,]",
    "Object.assign([1], { x: 2 })",
  ],
  ...[
    "({ a: { b: [1, new Date(5)] } })",
    "({ get g() { return 1 } })",
    "Object.create({ inherited: 1 })",
    "new (class A { x = 1; #y = 2 })",
  ],
  ...[
    "new Date(NaN)",
    "/a\\/b/gi",
    "Object.assign(/x/g, { lastIndex: 3 })",
    "new Map([[{}, new Set([1])]])",
    "new Set(['a', NaN])",
  ],
  ...[
    "new Number(5)",
    "new String('ab')",
    "new Boolean(false)",
    "Object(5n)",
    "Object(Symbol())",
    "Symbol('s')",
    "() => 1",
    "function f() {}",
  ],
  ...[
    "({ [Symbol('k')]: 1, a: 2 })",
    "({ f() {} })",
    "[Symbol()]",
    "new Error('m')",
    "new TypeError('m', { cause: { a: 1 } })",
    "new AggregateError([new Error('x')], 'm')",
  ],
  ...[
    "Object.assign(new RangeError('m'), { code: 'X', name: 'Mine' })",
    "new (class MyError extends Error { name = 'MyError' })('m')",
    "Object.assign(new Error('m'), { name: 'SyntaxError' })",
  ],
  ...[
    "(() => { const e = new Error('m'); delete e.message; return e })()",
    "(() => { const e = new Error(); e.message = 5; return e })()",
    "(() => { const e = new Error('m'); Object.defineProperty(e, 'message', { get: () => 'g' }); return e })()",
  ],
  ...[
    "new ArrayBuffer(3)",
    "new Uint8Array([1, 2, 3]).subarray(1)",
    "new Float64Array(2)",
    "new DataView(new ArrayBuffer(8), 2, 3)",
    "new BigInt64Array(1)",
  ],
  ...[
    "(() => { const b = new ArrayBuffer(8); return [new Uint8Array(b), new Uint8Array(b, 2, 2), b] })()",
    "(() => { const o = {}; o.self = o; return o })()",
  ],
  ...[
    "(() => { const m = new Map(); m.set(m, m); return m })()",
    "(() => { const a = [], s = { a, b: a }; return s })()",
    "Promise.resolve()",
    "new WeakMap()",
    "new WeakSet()",
  ],
  ...[
    "new Proxy({ a: 1 }, {})",
    "new Proxy([1], {})",
    "(function () { return arguments })(1, 2)",
    "Object.freeze({ a: 1 })",
    "Object.create(null)",
    "(function* () {})()",
  ],
  ...[
    "({ __proto__: null, a: 1 })",
    'JSON.parse(`{"__proto__": 1}`)',
    "({ get bad() { throw new RangeError('g') } })",
    "new Map([['k', () => 1]])",
    "[new Date(1), new Date(1)]",
  ],
  ...[
    "Object.assign(new Date(1), { x: 1 })",
    "Object.assign(new Map(), { x: 1 })",
    "globalThis.Math",
    "JSON",
    "new (class M extends Map {})([[1, 2]])",
    "new (class B extends Array {})(3)",
  ],
  ...[
    "new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 }), 1)",
    "Object.defineProperty({}, 'hidden', { value: 1 })",
    "Object.defineProperty([], 'length', { writable: false })",
  ],
];

test("SG-11: structuredClone copies what it copies in Node", () => {
  expectSameAsNode(VALUES, {
    wrap: (value) => `JSON.stringify((${DESCRIBE})(structuredClone(${value})))`,
    // Nothing tells these from plain objects, so they are copied as such.
    except: {
      "new Proxy({ a: 1 }, {})": '["[object Object]","Object",null,[["a",true,true,true,"1"]]]',
      "new Proxy([1], {})":
        '["[object Array]","Array",null,[["0",true,true,true,"1"],["length",false,true,false,"1"]]]',
      "(function () { return arguments })(1, 2)":
        '["[object Object]","Object",null,[["0",true,true,true,"1"],["1",true,true,true,"2"]]]',
      "(function* () {})()": '["[object Object]","Object",null,[]]',
    },
  });
});

test("SG-11: a copy is in the realm, and apart from its source", () => {
  const realm = newRealm();
  for (const value of [
    "{}",
    "[]",
    "new Map()",
    "new Date()",
    "new Error('x')",
    "new Uint8Array(2)",
    "/x/",
  ]) {
    const code = `(() => { const v = ${value}, c = structuredClone(v);
      return c !== v && c instanceof v.constructor && c instanceof Object })()`;
    expect(realm.text(code)).toBe("true");
  }
});

test("SG-11: structuredClone takes its options as in Node", () => {
  expectSameAsNode([
    "structuredClone()",
    "structuredClone(1, null)",
    "structuredClone(1, {})",
    "structuredClone(1, { transfer: [] })",
    "structuredClone(1, { transfer: 5 })",
    "structuredClone(1, { transfer: undefined })",
    "(() => { const b = new ArrayBuffer(1); return structuredClone(b, { transfer: [b, b] }) })()",
    "(() => { const b = new ArrayBuffer(3); return structuredClone(b, { transfer: [b] }).byteLength })()",
    "(() => { try { structuredClone(() => 1) } catch (e) { return [e.name, e.code, e instanceof DOMException] } })()",
  ]);
});

test("SG-11: DOMException as in Node", () => {
  const made = [
    "",
    "'m'",
    "'m', 'AbortError'",
    "'m', 'Nonsense'",
    "'m', { name: 'DataCloneError', cause: 5 }",
    "undefined, undefined",
    "5, 6",
    "'m', null",
  ];
  expectSameAsNode(made, {
    wrap: (args) => `(() => { const e = new DOMException(${args});
      return [e.name, e.message, e.code, String(e), e.cause, "cause" in e, e instanceof Error, Object.prototype.toString.call(e)]; })()`,
  });
  expectSameAsNode([
    "DOMException.ABORT_ERR",
    "DOMException.prototype.TIMEOUT_ERR",
    "DOMException('x')",
    "new DOMException('m').stack.split('\\n')[0]",
    "(() => { 'use strict'; new DOMException('m').name = 'x' })()",
    "DOMException.prototype.name",
    "DOMException.name + DOMException.length",
    "Object.getOwnPropertyDescriptor(DOMException, 'ABORT_ERR').writable",
    "Object.keys(new DOMException())",
    "JSON.stringify(new DOMException('m'))",
  ]);
});

test("SG-19: queueMicrotask keeps the order of the engine", () => {
  expectSameAsNode([
    `new Promise((done) => { const order = [];
      queueMicrotask(() => order.push("a")); Promise.resolve().then(() => order.push("b"));
      queueMicrotask(() => { order.push("c"); queueMicrotask(() => { order.push("e"); done(order) }) });
      Promise.resolve().then(() => order.push("d")); order.push("now"); })`,
    "queueMicrotask()",
    "queueMicrotask({})",
    "queueMicrotask('x')",
    "queueMicrotask(() => 1)",
    "queueMicrotask.length",
  ]);
});

test("SG-19: what a microtask throws is printed, and stops nothing", () => {
  const realm = newRealm();
  expect(
    realm.text(`new Promise((done) => { queueMicrotask(() => { throw new Error("lost") });
      queueMicrotask(() => { throw { get message() { throw 1 } } }); queueMicrotask(() => done("on")); })`),
  ).toBe("on");
  expect(realm.printed[0]).toMatch(/^error: Uncaught Error: lost\n {4}at /);
  expect(realm.printed).toHaveLength(2);
});

test("SG-19: a thenable that a microtask returns is left alone", () => {
  const realm = newRealm();
  realm.run("globalThis.calls = 0; queueMicrotask(() => ({ then() { calls++ } }))");
  expect(realm.text("calls")).toBe("0");
});
