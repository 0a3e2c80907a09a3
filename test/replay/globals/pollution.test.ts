/** Whatever workflow code does to the built-in objects, the globals keep their promises. */
import { newRealm } from "./realm-script";

const POLLUTIONS: Record<string, string> = {
  "a `get` on Object.prototype": `Object.prototype.get = () => 1;`,
  "a `value` on Object.prototype": `Object.defineProperty(Object.prototype, "value", { get: () => 7, set() {}, configurable: true });`,
  "the flags of properties on Object.prototype": `Object.prototype.writable = Object.prototype.enumerable = Object.prototype.configurable = true;`,
  "setters for every name the globals use": `globalThis.seen = [];
    for (const name of ["head", "kind", "prefix", "text", "file", "name", "index", "cells", "zone", "depth", "path",
      "circular", "isList", "indentation", "levels", "length", "size", "message", "made", "level", "lines", "known"])
      Object.defineProperty(Object.prototype, name, { __proto__: null, set(v) { seen.push(v) }, configurable: true });`,
  "setters for the indexes of arrays": `globalThis.seen = [];
    for (let at = 0; at < 50; at++) Object.defineProperty(Array.prototype, at,
      { set(v) { seen.push(v) }, get() { return undefined }, configurable: true });`,
  "other iterators": `for (const C of [Array, String, Map, Set])
    C.prototype[Symbol.iterator] = function* () { yield "other"; };`,
  "call, apply and bind": `for (const name of ["call", "apply", "bind"]) Function.prototype[name] = () => "other";`,
  "the methods of arrays": `for (const name of Object.getOwnPropertyNames(Array.prototype))
    if (name !== "constructor" && name !== "length") Array.prototype[name] = () => "other";`,
  "the methods of strings": `for (const name of Object.getOwnPropertyNames(String.prototype))
    if (name !== "constructor" && name !== "length") String.prototype[name] = () => "other";`,
  "the functions of Object and Reflect": `for (const name of ["keys", "entries", "fromEntries", "assign", "create",
    "defineProperty", "freeze", "hasOwn", "getPrototypeOf", "setPrototypeOf", "getOwnPropertyDescriptor"])
    Object[name] = () => { throw 1 }; for (const name of Object.getOwnPropertyNames(Reflect)) Reflect[name] = () => { throw 2 };`,
  "the methods of collections": `for (const C of [Map, Set, WeakMap]) for (const name of ["get", "set", "has", "add",
    "forEach", "delete"]) C.prototype[name] = () => "other";`,
  "numbers, texts and JSON": `Number.prototype.toString = Math.floor = String.fromCharCode = Symbol.prototype.toString = () => "other";
     JSON.parse = JSON.stringify = Number.parseFloat = () => "other";`,
  "regular expressions": `for (const name of ["exec", "test", Symbol.replace, Symbol.match]) RegExp.prototype[name] = () => null;`,
  "the promises": `Promise.prototype.then = Promise.resolve = () => "other"; globalThis.Promise = class {};`,
  "the classes of errors": `globalThis.TypeError = globalThis.RangeError = class {}; Error.prototype.toString = () => "other";`,
  dates: `Date.prototype.getTime = Date.prototype.toISOString = Date.prototype.toUTCString = Date.UTC = () => "other";`,
};

/** What has to be the same as in a realm that nobody touched. */
const CLOCK_AND_CHANCE = [
  ...[
    "Date.now()",
    "new Date().valueOf()",
    "Date()",
    "performance.now()",
    "Math.random()",
    "crypto.randomUUID()",
  ],
  ...[
    "String(crypto.getRandomValues(new Uint8Array(4))[3])",
    "process.env.A",
    "'A' in process.env",
    "'B' in process.env",
  ],
  ...[
    "new Intl.DateTimeFormat().format()",
    "new Intl.DateTimeFormat().resolvedOptions().timeZone",
    "(1234.5).toLocaleString()",
  ],
  ...[
    "Intl.NumberFormat().resolvedOptions().locale",
    "new Date().toLocaleString('xx')",
    "Date.parse('2020-01-01 10:00')",
  ],
  ...[
    "typeof Temporal === 'undefined' ? 0 : Temporal.Now.instant().epochMilliseconds",
    "Object.isExtensible(console)",
  ],
  ...[
    "typeof WeakRef + typeof Intl.v8BreakIterator",
    "(() => { try { return typeof URL.canParse('x') } catch { return 'boolean' } })()",
  ],
];

const CONSOLE = [
  ...[
    "console.log('a', { b: [1, 2, [3]] }, 5n, null, -0)",
    "console.log('%s %d %i %f %o %%', 'x', 3, '4', 5.5, [1])",
  ],
  ...[
    "console.table([{ a: 1, b: 'x' }, { a: 2 }])",
    "console.error(new Error('x'))",
    "console.group('g'), console.log('in'), console.groupEnd()",
  ],
  ...[
    "console.count(), console.count('a')",
    "console.time('t'), console.timeEnd('t')",
    "console.assert(false, 'no %s', 1)",
    "console.dir({ a: { b: {} } })",
  ],
  ...["console.log(new Uint8Array(3), 'é\\n', ['\\n'], Symbol('s'), function f() {}, class A {})"],
];

test.each(Object.entries(POLLUTIONS))("R5: clock and chance do not mind %s", (_what, pollution) => {
  for (const code of CLOCK_AND_CHANCE) {
    const [plain, polluted] = [
      newRealm({ environment: { A: "1" } }),
      newRealm({ environment: { A: "1" } }),
    ];
    polluted.run(pollution);
    const says = (evaluate: () => unknown) => {
      try {
        return evaluate();
      } catch (error) {
        return `thrown ${(error as Error).message}`;
      }
    };
    expect([code, says(() => polluted.run(code))]).toEqual([code, says(() => plain.run(code))]);
    expect(polluted.draws).toBe(plain.draws);
  }
});

test.each(Object.entries(POLLUTIONS))("SG-12: the console does not mind %s", (_what, pollution) => {
  for (const code of CONSOLE) {
    const [plain, polluted] = [newRealm(), newRealm()];
    polluted.run(pollution);
    plain.run(code);
    polluted.run(code);
    expect(polluted.printed).toEqual(plain.printed);
  }
});

test.each(Object.entries(POLLUTIONS))("R2: the guards do not mind %s", (_what, pollution) => {
  const realm = newRealm();
  realm.run(pollution);
  const refused = (code: string) =>
    realm.run(`(() => { try { ${code}; return "done" } catch (e) { return "refused" } })()`);
  expect(refused("eval('import(1)')")).toBe("refused");
  expect(refused("Function('import(1)')")).toBe("refused");
  expect(refused("(async () => {}).constructor('import(1)')")).toBe("refused");
  expect(refused("setTimeout(() => 1)")).toBe("refused");
  expect(refused("crypto.subtle.sign()")).toBe("refused");
  expect(realm.run("(() => {}).constructor('return typeof process.exit')()")).toBe("undefined");
  const stack = realm.run("(() => { try { null.x } catch (e) { return e.stack } })()") as string;
  const lines = stack.split("\n").slice(1);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^ {4}at .*everstep-bundle-test\.js:\d+:\d+\)?$/);
});
