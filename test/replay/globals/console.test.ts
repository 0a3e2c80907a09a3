/** The console prints what Node prints, and never throws (SG-12). */
import { expectSameShown } from "./compare";
import { newRealm } from "./realm-script";

const VALUES = [
  ...[
    "1",
    "-0",
    "NaN",
    "1e21",
    "5n",
    "true",
    "null",
    "undefined",
    "'text'",
    "['text']",
    '["it\'s"]',
    "['\"\\'`']",
    "['\\n\\t\\x00\\x7f']",
  ],
  ...[
    "Symbol('s')",
    "[Symbol()]",
    "Symbol.iterator",
    "[1, , 3]",
    "[, , 1, , ]",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "({ a: 1 })",
    "({ 'a-b': 1, 2: 3, é: 4, _x: 5 })",
  ],
  ...[
    "({ a: { b: { c: { d: 1 } } } })",
    "[[[[1]]]]",
    "({ get a() { return 1 }, set b(v) {}, get c() { return 1 }, set c(v) {} })",
    "({ [Symbol('k')]: 1 })",
  ],
  ...[
    "new Map([[1, { a: 2 }], ['k', [1]]])",
    "new Map()",
    "new Set([1, 'a'])",
    "new Set()",
    "new Date(0)",
    "new Date(NaN)",
  ],
  ...[
    "/a\\/b/gi",
    "[new Date(5)]",
    "function f() {}",
    "() => 1",
    "(() => () => 1)()",
    "class A {}",
    "class B extends Map {}",
    "async function g() {}",
    "function* h() {}",
  ],
  ...[
    "Object.assign(function f() {}, { x: 1 })",
    "new (class Foo { x = 1 })",
    "new (class Foo {})",
    "new (class L extends Array {})(3)",
  ],
  ...[
    "Object.create(null)",
    "Object.assign(Object.create(null), { a: 1 })",
    "Object.create({ a: 1 })",
    "({ constructor: 5 })",
  ],
  ...[
    "new Uint8Array([1, 2, 3])",
    "new Float64Array(2)",
    "new BigInt64Array(1)",
    "new Uint8Array(0)",
  ],
  ...[
    "new Number(5)",
    "new Boolean(false)",
    "Object(5n)",
    "Object(Symbol('x'))",
    "new Number(-0)",
    "Object.assign(new Number(1), { x: 2 })",
    "new String('ab')",
  ],
  ...[
    "(() => { const o = {}; o.self = o; return o })()",
    "(() => { const o = { a: {} }; o.a.o = o; o.b = o.a; return o })()",
  ],
  ...[
    "(() => { const a = [1]; a.push(a); return a })()",
    "(() => { const m = new Map(); m.set('m', m); return m })()",
    "Array.from({ length: 5 }, (_, i) => i)",
  ],
  ...[
    "Array(3)",
    "Object.assign([1, 2], { x: 'y' })",
    "[undefined, null]",
    "({ a: undefined })",
    "[1.5, -2]",
    "'multi\\nline'",
    "['multi\\nline']",
  ],
  ...[
    "({ a: 'long '.repeat(10), b: 'long '.repeat(10) })",
    "({ a: [1, 2, 3], b: { c: 'd' } })",
    "[{ a: 1, b: 2 }, { a: 3, b: 4 }]",
    "({ f() {}, g: () => 1, h: class {} })",
  ],
  ...[
    "JSON",
    "Object.freeze({ a: 1 })",
    "({ __proto__: { a: 1 }, b: 2 })",
    "new ArrayBuffer(4)",
    "new DataView(new ArrayBuffer(2))",
  ],
  ...[
    "[['a', 1], ['b', 2]]",
    "new Map([[{ a: 1 }, new Set([[1]])]])",
    "({ a: 1n, b: Symbol('x'), c: null })",
    "[function () {}, class {}, () => {}]",
  ],
];

const FORMATS = [
  ...[
    "'%s', 'a'",
    "'%s', 5",
    "'%s', -0",
    "'%s', 5n",
    "'%s', null",
    "'%s', undefined",
    "'%s', Symbol('x')",
    "'%s', { a: { b: 1 } }",
    "'%s', [1, [2]]",
  ],
  ...[
    "'%s', () => 1",
    "'%s', new (class A { toString() { return 'mine' } })",
    "'%s', { toString() { return 'own' } }",
    "'%s', Object.create(null)",
  ],
  ...[
    "'%d', '42'",
    "'%d', 5n",
    "'%d', Symbol()",
    "'%d', ''",
    "'%d', null",
    "'%d', -0",
    "'%i', 42.9",
    "'%i', '0x10'",
    "'%i', 5n",
    "'%f', '1.50'",
    "'%f', 'x'",
    "'%f', Symbol()",
    "'%d', {}",
    "'%i', {}",
  ],
  ...[
    "'%j', { a: [1] }",
    "'%j', undefined",
    "'%j', 'x'",
    "'%j', { toJSON: () => 'j' }",
    "'%j', (() => { const o = {}; o.o = o; return o })()",
    "'%c', 'css'",
    "'%c done', 'css'",
  ],
  ...[
    "'%%'",
    "'%%', 1",
    "'100%'",
    "'100%', 1",
    "'%x', 1",
    "'%', 1",
    "'%s'",
    "'%s %s', 1",
    "'%s', 1, 2, { a: 1 }",
    "'a', 'b', 5",
    "1, 2",
    "'', ''",
    "{ a: 1 }, '%s', 1",
    "'%s%s', 'a', 'b'",
    "'a%sb%dc', 'x', 5",
  ],
  ...[
    "",
    "undefined",
    "null, undefined",
    "'%s', '%s', 'x'",
    "'%5d', 1",
    "'%S', 1",
    "'a\\nb', { c: 'd\\ne' }",
    "Symbol('x'), 1",
    "5n, 'x'",
    "-0, [-0]",
    "'%i %f', true, false",
    "'%O', { a: { b: 1 } }",
  ],
];

test("SG-12: values look as in Node", () => {
  // Lines of Node differ in these.
  expectSameShown(VALUES, {
    "({ [Symbol('k')]: 1 })": "{ [Symbol(k)]: 1 }",
    "new ArrayBuffer(4)": "ArrayBuffer { [Uint8Contents]: <00 00 00 00>, byteLength: 4 }",
    "new DataView(new ArrayBuffer(2))":
      "DataView {\n  byteLength: 2,\n  byteOffset: 0,\n  buffer: ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }\n}",
  });
});

test("SG-12: placeholders are filled as in Node", () => {
  expectSameShown(FORMATS);
});

/** On purpose: what Node looks up inside the engine, and how wide lists are laid out. */
test("SG-12: what looks different here", () => {
  const realm = newRealm();
  const shown: Record<string, string> = {
    "Promise.resolve(1)": "Promise { <state unknown> }",
    "new WeakMap()": "WeakMap { <items unknown> }",
    "new WeakSet()": "WeakSet { <items unknown> }",
    "new Proxy({ a: 1 }, {})": "{ a: 1 }",
    "(function () { return arguments })(1, 'a')": "[Arguments] [ 1, 'a' ]",
    "({ [Symbol.toStringTag]: 'T' })": "Object [T] { [Symbol(Symbol.toStringTag)]: 'T' }",
    "['\\ud800']": "[ '\\uD800' ]",
    "new URL('http://a').searchParams": "URLSearchParams {}",
    "new Headers({ a: 'b' })": "Headers { a: 'b' }",
    "new Blob(['x'])": "Blob { size: 1, type: '' }",
  };
  for (const [value, text] of Object.entries(shown)) {
    realm.printed.length = 0;
    realm.run(`console.log(${value})`);
    expect(realm.printed).toEqual([`log: ${text}`]);
  }
});

test("SG-12: long values are cut, and say by how much", () => {
  const realm = newRealm();
  realm.run(
    "console.log(Array(1e6).fill(1)); console.log(['x'.repeat(20000)]); console.log(new Array(4e9))",
  );
  expect(realm.printed[0]).toMatch(/\.\.\. 999900 more items\n\]$/);
  expect(realm.printed[1]).toMatch(
    /'\.\.\. 10000 more characters \]$|'\.\.\. 10000 more characters\n\]$/,
  );
  expect(realm.printed[2]).toBe("log: [ <4000000000 empty items> ]");
});

test("SG-12: levels, groups, counts and assertions", () => {
  const realm = newRealm();
  realm.run(`console.debug(1); console.log(2); console.info(3); console.warn(4); console.error(5); console.dirxml(6);
    console.group("g"); console.log("a\\nb"); console.groupCollapsed(); console.warn("deep"); console.groupEnd();
    console.groupEnd(); console.groupEnd(); console.count(); console.count("x"); console.count(); console.countReset();
    console.count(); console.assert(true, "no"); console.assert(false); console.assert(0, "is %s", "y"); console.assert(null, { a: 1 });
    console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); console.dir({ a: { b: { c: { d: 1 } } } }, { depth: null }); console.clear()`);
  expect(realm.printed).toEqual([
    ...[
      "debug: 1",
      "log: 2",
      "info: 3",
      "warn: 4",
      "error: 5",
      "log: 6",
      "log: g",
      "log:   a\n  b",
      "warn:     deep",
    ],
    ...[
      "log: default: 1",
      "log: x: 1",
      "log: default: 2",
      "log: default: 1",
      "warn: Assertion failed",
    ],
    ...["warn: Assertion failed: is y", "warn: Assertion failed { a: 1 }", "log: { a: [Object] }"],
    "log: {\n  a: { b: { c: { d: 1 } } }\n}",
  ]);
});

test("SG-12: traces and tables", () => {
  const realm = newRealm();
  realm.run(
    "console.trace('here %d', 1); console.trace(); console.table(5); console.table([[1, 'x'], { a: 2 }, 3])",
  );
  expect(realm.printed[0]).toMatch(/^error: Trace: here 1\n {4}at /);
  expect(realm.printed[1]).toMatch(/^error: Trace\n {4}at /);
  expect(realm.printed[2]).toBe("log: 5");
  expect(realm.printed[3]).toBe(
    [
      "log: ┌─────────┬───┬─────┬───┬────────┐",
      "│ (index) │ 0 │ 1   │ a │ Values │",
      "├─────────┼───┼─────┼───┼────────┤",
      "│ 0       │ 1 │ 'x' │   │        │",
      "│ 1       │   │     │ 2 │        │",
      "│ 2       │   │     │   │ 3      │",
      "└─────────┴───┴─────┴───┴────────┘",
    ].join("\n"),
  );
});

const NASTY = [
  ...[
    "{ get a() { throw 1 } }",
    "new Proxy({}, { ownKeys() { throw 1 }, get() { throw 2 }, getPrototypeOf() { throw 3 } })",
  ],
  ...["Object.defineProperty(new Error('x'), 'stack', { get() { throw 1 } })"],
  ...[
    "{ toString() { throw 1 }, [Symbol.toPrimitive]() { throw 2 } }",
    "{ get [Symbol.toStringTag]() { throw 1 } }",
    "{ get constructor() { throw 1 } }",
  ],
  ...[
    "{ toJSON() { throw 1 } }",
    "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()",
    "Object.setPrototypeOf([], null)",
  ],
  ...[
    "Object.setPrototypeOf(new Map(), null)",
    "Object.create(Map.prototype)",
    "Object.create(URL.prototype)",
    "Object.create(Error.prototype)",
    "Object.create(Date.prototype)",
  ],
  ...[
    "Object.defineProperty(function () {}, 'name', { get() { throw 1 } })",
    "(() => { let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; return o })()",
  ],
  ...[
    "{ depth: { valueOf() { throw 1 } }, get depth2() { throw 1 } }",
    "new (class extends Map { get size() { throw 1 } })()",
    "Object.create(Uint8Array.prototype)",
    "Symbol()",
    "Object.create(Headers.prototype)",
  ],
];

test.each(NASTY)("SG-12: nothing that %s does makes the console throw", (value) => {
  const realm = newRealm();
  const calls = [
    ...[
      "log(v)",
      "log('%s %d %i %f %j %o %O %c', v, v, v, v, v, v, v, v)",
      "error(v)",
      "table(v)",
      "table([v])",
      "table([{ a: v }], [v])",
      "dir(v, v)",
    ],
    ...[
      "count(v)",
      "countReset(v)",
      "time(v)",
      "timeLog(v, v)",
      "timeEnd(v)",
      "assert(v, v)",
      "assert(false, v)",
      "group(v)",
      "groupEnd(v)",
      "trace(v)",
      "dirxml(v)",
      "debug([v, [v]])",
    ],
    ...[
      "log(new Map([[v, v]]), new Set([v]))",
      "info({ v })",
      "warn(new Error('m', { cause: v }))",
      "table(new Map([[v, v]]))",
      "log.call(v)",
      "log(...[v, v])",
    ],
  ];
  for (const call of calls) {
    expect([
      call,
      realm.text(
        `(() => { const v = ${value.startsWith("{") ? `(${value})` : value}; console.${call}; return "fine" })()`,
      ),
    ]).toEqual([call, "fine"]);
  }
  expect(realm.printed.length).toBeGreaterThan(10);
});
