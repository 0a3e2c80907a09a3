import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { transformSync } from "esbuild";
import { GuardCache, splitOutput } from "../../lib/build/guard-cache";
import { findGuardEdits } from "../../lib/build/guard-edits";
import { scanGuardEdits } from "../../lib/build/guard-scan";
import { addGuards, chooseGuardNames } from "../../lib/build/guarded-code";

const NAMES = { left: "$left", tick: "$tick" };
const OPTIONS = { strict: false, removesNaming: false };

type Guard = (code: string) => string;

const guarded: Guard = (code) => addGuards(code, NAMES, findGuardEdits(code, OPTIONS)).code;

/** As bundles are: printed by esbuild, and scanned where that is certain. */
const guardedByScan: Guard = (code) => {
  const printed = transformSync(code, { target: "es2022" }).code;
  const edits = scanGuardEdits(printed, false) ?? findGuardEdits(printed, OPTIONS);
  return addGuards(printed, NAMES, edits).code;
};

/** Runs guarded code; after `budget` passes every further one throws. */
function run(
  code: string,
  { budget = Infinity, guard = guarded }: { budget?: number; guard?: Guard } = {},
): { value: unknown; passes: number } {
  const context = vm.createContext({ passes: 0, budget, $left: 0 });
  vm.runInContext(
    `function $tick() { if (++passes > budget) throw new Error("out of passes"); return 0; }`,
    context,
  );
  // A limit of its own, so that a missing guard fails the test and does not hang it.
  const value: unknown = vm.runInContext(guard(code), context, { timeout: 5000 });
  return { value, passes: vm.runInContext("passes", context) as number };
}

function value(code: string, guard: Guard): unknown {
  return JSON.parse(JSON.stringify(run(code, { guard }).value)) as unknown;
}

const ENDLESS: Record<string, string> = {
  "for with a block": "for (;;) { x++ }",
  "for without a block": "for (;;) x++;",
  "for with an empty body": "for (;;);",
  "while with a block": "while (true) { x++ }",
  "while with an empty body": "while (true);",
  "do-while with a block": "do { x++ } while (true)",
  "do-while without a block": "do x++; while (true)",
  "for-of over an endless iterator": "for (const y of (function* () { for (;;) yield 1 })()) x++;",
  "for-of over an iterator without a function of its own":
    "for (const y of { [Symbol.iterator]() { return { next: () => ({ done: false }) } } }) x++;",
  "a loop with a label and continue": "outer: for (;;) { for (;;) { continue outer } }",
  "recursion that catches its own overflow":
    "function again() { try { again() } catch {} try { again() } catch {} } for (;;) again();",
  "recursion of arrows that catch nothing":
    "const f = (n) => n > 30 ? 0 : f(n + 1) + f(n + 1); for (;;) f(0);",
  "recursion through a getter":
    "const o = { get a() { try { o.a } catch {} return o.a } }; for (;;) o.a;",
  "recursion through a class field":
    "let d = 0; class A { a = d > 20 ? 0 : (d++, new A()); b = d > 20 ? 0 : (d++, new A()); c = d-- } for (;;) { d++; new A() }",
  "recursion through default parameters":
    "function f(n, a = n && f(n - 1), b = n && f(n - 1)) {} for (;;) f(40);",
};

for (const [name, code] of Object.entries(ENDLESS)) {
  test(`stops ${name}`, () => {
    for (const guard of [guarded, guardedByScan]) {
      const endless = () => run(`let x = 0; ${code}`, { budget: 10_000, guard });
      expect(endless).toThrow("out of passes");
    }
  });

  test(`stops ${name}, though everything around it catches`, () => {
    const caught = `let x = 0; for (;;) { try { ${code} } catch {} }`;
    for (const guard of [guarded, guardedByScan]) {
      expect(() => run(caught, { budget: 10_000, guard })).toThrow("out of passes");
    }
  });
}

test("stops an endless loop that catches what its own guard throws", () => {
  expect(() =>
    run("while (true) { try { while (true) { } } catch {} }", { budget: 100 }),
  ).toThrow();
});

const SAME: Record<string, [string, unknown]> = {
  "an arrow that returns an object": ["[1, 2].map((x) => ({ x }))", [{ x: 1 }, { x: 2 }]],
  "an arrow that returns a sequence": ["[1, 2].map((x) => (0, x))", [1, 2]],
  "arrows in arrows": ["[1].map((x) => (y) => (z) => [x, y, z]).map((f) => f(2)(3))", [[1, 2, 3]]],
  "an arrow that returns a conditional": ["[0, 1].map(x => x ? 'a' : 'b')", ["b", "a"]],
  "an arrow as a loop's last word": ["let f; for (let i = 0; i < 2; i++) f = x => x\nf(7)", 7],
  "if and else around a loop": [
    "const r = []; if (false) for (;;) r.push(1); else r.push(2); r",
    [2],
  ],
  "do and while without a block": ["let i = 0; do i++; while (i < 5)\ni", 5],
  "nested loops without blocks": [
    "const r = []; for (const a of [1, 2]) for (const b in { x: 1 }) r.push(a + b); r",
    ["1x", "2x"],
  ],
  "labels, break and continue": [
    "let n = 0; a: for (let i = 0; i < 3; i++) { for (;;) { n++; if (i) break a; continue a } } n",
    2,
  ],
  "a directive without a semicolon": [
    "function f() {\n'use strict'\nreturn this === undefined }\nf()",
    true,
  ],
  "a directive and nothing else": ["function f() { 'use strict' } typeof f()", "undefined"],
  "a derived constructor": [
    "class A { constructor() { this.a = 1 } } class B extends A { b = this.a; constructor() { super(); this.c = 2 } } new B()",
    { a: 1, b: 1, c: 2 },
  ],
  "a class without a constructor keeps the names of its fields' functions": [
    "class A { f = () => {}; static g = 1; h = [1].map((x) => x) } const a = new A(); [a.f.name, A.g, a.h]",
    ["f", 1, [1]],
  ],
  "private fields, accessors and static blocks": [
    "class A { #x = 1; static n; static { A.n = 5 } get x() { return this.#x } set x(v) { this.#x = v } #m() { return 2 } m() { return this.#m() } } const a = new A(); a.x = 4; [a.x, A.n, a.m()]",
    [4, 5, 2],
  ],
  generators: ["[...(function* () { for (const x of [1, 2]) yield x; yield* [3] })()]", [1, 2, 3]],
  "default parameters with functions in them": ["((a, b = (x) => x + 1) => b(a))(1)", 2],
  "computed keys with functions in them": ["({ [(() => 'k')()]() { return 3 } }).k()", 3],
  "template literals and tags": ["((s, ...v) => s.raw.join('|') + v)`a${(() => 1)()}b`", "a|b1"],
  "var in the body of a loop without a block": ["for (var i = 0; i < 3; i++) var j = i; j", 2],
  "closures over loop variables": [
    "const r = []; for (let i = 0; i < 3; i++) r.push(() => i); r.map((f) => f())",
    [0, 1, 2],
  ],
  "a comment behind an arrow": ["const f = (x) => /* before */ x /* behind */; f(1)", 1],
};

for (const [name, [code, expected]] of Object.entries(SAME)) {
  test(`leaves the meaning of ${name}`, () => {
    expect(value(code, guarded)).toEqual(expected);
    expect(value(code, guardedByScan)).toEqual(expected);
    expect(guarded(code).split("\n")).toHaveLength(code.split("\n").length);
  });
}

test("leaves the meaning of async functions, for-await and async generators", async () => {
  const code = `(async () => {
    const seen = [];
    for await (const x of (async function* () { yield 1; yield await (async (y) => y)(2) })()) seen.push(x);
    return seen.join();
  })()`;
  await expect(run(code).value).resolves.toBe("1,2");
});

test("counts one pass for each loop head and function entry", () => {
  expect(run("for (let i = 0; i < 10; i++) { ((x) => x)(i) }").passes).toBe(20);
});

test("takes names that the code does not use", () => {
  expect(chooseGuardNames(["a", "b"])).toEqual(NAMES);
  expect(chooseGuardNames(["let $left = 1", "$tick1()"])).toEqual({
    left: "$left2",
    tick: "$tick2",
  });
});

test("takes out the calls that keep a name which the code gives anyway", () => {
  const code = `function a() {}
__name(a, "a");
const b = /* @__PURE__ */ __name(() => a(), "b");
const c2 = /* @__PURE__ */ __name(() => b(), "c");
b.d = /* @__PURE__ */ __name(function() {}, "d");`;
  const edits = findGuardEdits(code, { strict: true, removesNaming: true });
  const result = addGuards(code, NAMES, edits).code;
  const rest = result.replaceAll(/if\(--\$left.*?;|\(--\$left.*?\),/g, "");
  expect(rest).toBe(`function a() {}

const b = /* @__PURE__ */ () => a());
const c2 = /* @__PURE__ */ __name(() => b()), "c");
b.d = /* @__PURE__ */ __name(function() {}, "d");`);
});

test("cuts an output at the modules in it, and puts it together again", () => {
  const output = `(() => {\n  var a = 1;\n\n  // src/a.js\n  f(\`\n  // other\n\`);\n\n  // src/b.js\n  for (;;) ;\n})();\n`;
  const pieces = splitOutput(output, new Set(["src/a.js", "src/b.js"]));
  expect(pieces).toHaveLength(5);
  expect(pieces.join("")).toBe(output);
  expect(
    new GuardCache(NAMES).guard({ code: output, inputs: new Set(["src/a.js"]) }).code,
  ).toContain("if(--$left");
});

test("guards an output as a whole when a template literal looks like the start of a module", () => {
  const output = "(() => {\n  f(`\n  // src/a.js\n  for (;;) ;`);\n  for (;;) ;\n})();\n";
  const { code } = new GuardCache(NAMES).guard({ code: output, inputs: new Set(["src/a.js"]) });
  expect(code.match(/if\(--\$left/g)).toHaveLength(2);
  expect(code).toContain("// src/a.js\n  for (;;) ;`");
});

test("says whether an output can run in strict mode", () => {
  const cache = new GuardCache(NAMES);
  expect(cache.guard({ code: "(() => {\n  var a = 1;\n})();\n", inputs: new Set() }).strict).toBe(
    true,
  );
  expect(cache.guard({ code: "(() => {\n  with (a) b;\n})();\n", inputs: new Set() }).strict).toBe(
    false,
  );
});

test("guards several hundred files of real packages, and they still parse", () => {
  const files = realFiles(path.join(process.cwd(), "node_modules"), 400);
  expect(files.length).toBeGreaterThan(200);
  for (const file of files) {
    const code = readFileSync(file, "utf8");
    const result = guarded(wrapped(code));
    expect(() => new vm.Script(result, { filename: file })).not.toThrow();
    expect(result.split("\n")).toHaveLength(code.split("\n").length);
  }
});

function wrapped(code: string): string {
  return `(function(exports,require,module){${code.replace(/^#!/, "//")}\n})`.replace(
    /\n\}\)$/,
    "})",
  );
}

/** CommonJS files that Node itself can compile. */
function realFiles(folder: string, limit: number): string[] {
  const found: string[] = [];
  const visit = (from: string) => {
    for (const name of readdirSync(from).sort()) {
      if (found.length >= limit) return;
      const target = path.join(from, name);
      if (statSync(target).isDirectory()) visit(target);
      else if (/\.c?js$/.test(name) && isCommonJs(target)) found.push(target);
    }
  };
  for (const name of [
    "typescript/lib",
    "prettier",
    "@babel",
    "superjson",
    "jest-diff",
    "source-map",
    "acorn",
  ]) {
    const target = path.join(folder, name);
    if (found.length < limit && statSync(target, { throwIfNoEntry: false })) visit(target);
  }
  return found;
}

function isCommonJs(file: string): boolean {
  if (statSync(file).size > 200_000) return false;
  try {
    new vm.Script(wrapped(readFileSync(file, "utf8")));
    return true;
  } catch {
    return false;
  }
}
