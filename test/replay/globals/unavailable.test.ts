/** What is not there in workflow code, and what it says when somebody uses it. */
import { builtinModules } from "node:module";
import { newRealm } from "./realm-script";

const FETCH =
  'Global "fetch" is unavailable in workflow functions. Use the "fetch" step function from "workflow" to make HTTP requests.';
const TIMER =
  'Timeout functions like "setTimeout" and "setInterval" are not supported in workflow functions. Use the "sleep" function from "workflow" for time-based delays.';

const firstLine = (text: string) => text.split("\n")[0];

test("SG-17: fetch rejects with what to use", () => {
  const realm = newRealm();
  expect(firstLine(realm.text("fetch('http://a')"))).toBe(`thrown EverstepError: ${FETCH}`);
  expect(realm.text("fetch('http://a').catch((e) => e.code)")).toBe("FETCH_IN_WORKFLOW");
  expect(realm.text("fetch('x').catch(() => 1) instanceof Promise")).toBe("true");
  expect(realm.text("fetch('x').catch((e) => e instanceof Error)")).toBe("true");
  expect(realm.text("[fetch.name, fetch.length]")).toBe('["fetch",1]');
});

test.each([
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
])("SG-18: %s throws what to use", (name) => {
  const realm = newRealm();
  expect(firstLine(realm.text(`${name}(() => 1, 5)`))).toBe(`thrown EverstepError: ${TIMER}`);
  expect(
    realm.text(`(() => { try { ${name}() } catch (e) { return [e.code, e instanceof Error] } })()`),
  ).toBe('["TIMER_IN_WORKFLOW",true]');
  expect(realm.text(`${name}.name`)).toBe(name);
});

test("SG-16: streams are there, and cannot be made or used", () => {
  const realm = newRealm();
  const message = (what: string) =>
    `thrown EverstepError: Not supported in workflow functions: ${what}`;
  for (const name of ["ReadableStream", "WritableStream", "TransformStream"]) {
    expect(firstLine(realm.text(`new ${name}()`))).toBe(message(`new ${name}()`));
    expect(realm.text(`new Response("x").body instanceof ${name}`)).toBe(
      `${name === "ReadableStream"}`,
    );
  }
  const body = "new Response('x').body";
  for (const method of ["cancel", "getReader", "pipeThrough", "pipeTo", "tee", "values"]) {
    expect(firstLine(realm.text(`${body}.${method}({})`))).toBe(
      message(`ReadableStream.${method}()`),
    );
  }
  for (const method of ["abort", "close", "getWriter"]) {
    const call = `WritableStream.prototype.${method}()`;
    expect(firstLine(realm.text(call))).toBe(message(`WritableStream.${method}()`));
  }
  expect(firstLine(realm.text("ReadableStream.from([])"))).toBe(message("ReadableStream.from()"));
  expect(firstLine(realm.text(`(async () => { for await (const x of ${body}) x; })()`))).toBe(
    message("reading a ReadableStream"),
  );
});

/** With the sentence that helps, if there is one. */
const ABSENT: Record<string, RegExp> = {
  Buffer: /no Buffer: use Uint8Array, or use Buffer inside a step/,
  require: /import what it needs at the top/,
  module: /import what it needs at the top/,
  exports: /import what it needs at the top/,
  __dirname: /files can be reached inside steps/,
  __filename: /files can be reached inside steps/,
  global: /use globalThis/,
  self: /use globalThis/,
  window: /use globalThis/,
  WeakRef: /when memory is freed/,
  FinalizationRegistry: /when memory is freed/,
  SharedArrayBuffer: /use it inside a step/,
  Atomics: /use it inside a step/,
  WebAssembly: /use it inside a step/,
  AbortController: /use it inside a step, which runs in Node/,
  AbortSignal: /use it inside a step, which runs in Node/,
  WebSocket: /use it inside a step, which runs in Node/,
  EventTarget: /use it inside a step, which runs in Node/,
  MessageChannel: /use it inside a step, which runs in Node/,
  XMLHttpRequest: /use it inside a step, which runs in Node/,
  document: /use it inside a step, which runs in Node/,
  navigator: /use it inside a step, which runs in Node/,
  fs: /use it inside a step, which runs in Node/,
};

test.each(Object.entries(ABSENT))("SG-19: there is no %s, and a hint says so", (name, hint) => {
  const realm = newRealm();
  expect(realm.text(`typeof ${name}`)).toBe("undefined");
  for (const use of [`${name}.x`, `new ${name}()`, `${name}()`]) {
    expect(realm.hint(use)).toMatch(hint);
  }
});

test("SG-19: hints for members, and for what was not bundled", () => {
  const realm = newRealm();
  expect(realm.hint("process.exit()")).toMatch(/process\.env and nothing else/);
  expect(realm.hint("process.hrtime.bigint()")).toBeNull();
  expect(realm.hint("globalThis.Buffer()")).toMatch(/no Buffer/);
  for (const name of ["fs", "node:child_process", "./x.js"]) {
    expect(realm.hint(`throw new Error('Dynamic require of "${name}" is not supported')`)).toBe(
      `Workflow code cannot load "${name}" while it runs: import it at the top of the file, or use it inside a step.`,
    );
  }
});

test("SG-19: an error about something else has no hint, whatever it is", () => {
  const realm = newRealm();
  const errors = [
    ...[
      "throw new Error('Buffer is not defined')",
      "unknownName",
      "throw null",
      "throw 'Buffer is not defined'",
      "throw 5",
    ],
    ...[
      "throw { get name() { throw 1 } }",
      "throw new Proxy({}, { get() { throw 1 } })",
      "throw { name: 'TypeError', message: Symbol() }",
    ],
    ...[
      "null.x",
      "undefined.Buffer",
      "throw Object.assign(new TypeError(), { message: { toString() { throw 1 } } })",
      "[].x()",
    ],
  ];
  for (const error of errors) expect([error, realm.hint(error)]).toEqual([error, null]);
});

test("SG-19: nothing of Node is there under its own name", () => {
  const realm = newRealm();
  const names = builtinModules.filter(
    (name) => /^\w+$/.test(name) && !["console", "process"].includes(name),
  );
  const there = names.filter((name) => realm.text(`typeof ${name}`) !== "undefined");
  expect(there).toEqual(["crypto"].filter((name) => there.includes(name)));
});

const IMPORTS = [
  ...[
    "eval('import(\"fs\")')",
    "(0, eval)('import(\"node:fs\")')",
    "new Function('return import(\"fs\")')",
    "Function('return import(\"fs\")')()",
  ],
  ...[
    "(async () => {}).constructor('await import(\"fs\")')",
    "(function* () {}).constructor('yield import(\"fs\")')",
    "(async function* () {}).constructor('import(\"fs\")')",
  ],
  ...[
    "Function('a = import(\"fs\")', '')",
    "(() => {}).constructor('import/**/(\"fs\")')",
    "Reflect.construct(Function, ['import(\"fs\")'])",
  ],
  ...[
    "new (class extends Function {})('import(\"fs\")')",
    "eval('import.meta')",
    "Function.prototype.constructor('import(\"x\")')",
  ],
  ...[
    "Object.getPrototypeOf(async function () {}).constructor('import(\"fs\")')",
    "Function({ toString: () => 'import(\"fs\")' })",
  ],
];

test.each(IMPORTS)("SG-19: %s is refused by an error of the realm", (code) => {
  const realm = newRealm();
  const text = realm.text(`(() => { try { return ${code} } catch (e) {
    return [e instanceof Error, e.code, e.message.split("\\n")[0]] } })()`);
  expect(text).toBe(
    '[true,"NOT_SUPPORTED_IN_WORKFLOW","Not supported in workflow functions: import in code made from text"]',
  );
});

test("SG-20: other code from text works, and what turns into text only once is checked", () => {
  const realm = newRealm();
  expect(realm.text("eval('1 + 1')")).toBe("2");
  expect(realm.text("eval({ not: 'text' }).not")).toBe("text");
  expect(realm.text("new Function('a', 'b', 'return a * b')(6, 7)")).toBe("42");
  expect(realm.text("new Function('...x', 'return x.length').name")).toBe("anonymous");
  expect(realm.text("(async () => {}).constructor('return 5')()")).toBe("5");
  expect(realm.text("[...(function* () {}).constructor('yield 1; yield 2')()]")).toBe("[1,2]");
  expect(realm.text("Function() instanceof Function")).toBe("true");
  expect(
    realm.text(`(() => { let n = 0; const sly = { toString: () => n++ ? 'import("fs")' : 'return 1' };
      return Function(sly)() })()`),
  ).toBe("1");
  expect(realm.text("eval('(')")).toMatch(/^thrown SyntaxError/);
  expect(
    realm.text("(() => { try { eval('(') } catch (e) { return e instanceof SyntaxError } })()"),
  ).toBe("true");
});

test("SG-17: a workflow may put its own fetch in the place of the global one", () => {
  const realm = newRealm();
  realm.run("globalThis.fetch = async (url) => 'got ' + url");
  expect(realm.text("fetch('http://a')")).toBe("got http://a");
  expect(realm.text("globalThis.fetch('b')")).toBe("got b");
});

test("SG-21, SG-01: what is written to globalThis stays, and no other realm sees it", () => {
  const realm = newRealm();
  const write = `globalThis.x = 1; var y = 2; globalThis[Symbol.for("z")] = 3; Array.prototype.mine = 4;
    Object.prototype.all = 5; Math.random = () => 6; Date.now = () => 7; console.log = () => 8; Symbol.mine = 9`;
  realm.run(write);
  const look = `[globalThis.x, typeof y, globalThis[Symbol.for("z")], [].mine, ({}).all, Symbol.mine,
    Math.random() === 6, Date.now() === 7, console.log() === 8]`;
  expect(realm.text(look)).toBe('[1,"number",3,4,5,9,true,true,true]');
  expect(newRealm().text(look)).toBe('[null,"undefined",null,null,null,null,false,false,false]');
  expect(({} as { all?: unknown }).all).toBeUndefined();
});
