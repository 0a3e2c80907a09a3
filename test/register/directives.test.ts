import { nodeBinaries } from "../toolchain/install";
import { printedBy, program, removePrograms, run, write } from "./program";

const everyNode = nodeBinaries();

afterAll(removePrograms);

const orderFile = `
export async function charge(amount: number): Promise<number> {
  "use step";
  return amount + 1;
}
charge.maxRetries = 5;

export async function checkout(amount: number) {
  "use workflow";
  return charge(amount);
}`;

const useOrders = `
  import { charge, checkout } from "./src/orders.js";
  async function main() {
    const refused = await checkout(1).catch((error: Error) => error.message.split("\\n")[0]);
    const records = (globalThis as any)[Symbol.for("everstep.registry")];
    console.log(JSON.stringify([await charge(1), charge.maxRetries, refused]));
    console.log(JSON.stringify(records.map(({ kind, id, at }: any) => [kind, id, at])));
    console.log(JSON.stringify(records.map(({ fn }: any) => fn === charge || fn === checkout)));
  }
  void main();`;

test.each(everyNode)(
  "a step is an ordinary function, a workflow names start(), both are registered ($version)",
  async ({ path }) => {
    for (const type of ["module", "commonjs"]) {
      const folder = program({
        "package.json": JSON.stringify({ name: "app", type }),
        "src/orders.ts": orderFile,
        "app.ts": useOrders,
      });
      const [results, records, functions] = await printedBy(folder, "app.ts", { node: path });
      expect(results).toEqual([2, 5, expect.stringMatching(DIRECT_CALL)]);
      expect(records).toEqual([
        ["step", "step//./src/orders//charge", "src/orders.ts:2"],
        ["workflow", "workflow//./src/orders//checkout", "src/orders.ts:8"],
      ]);
      expect(functions).toEqual([true, true]);
    }
  },
);

const DIRECT_CALL =
  /^You attempted to execute workflow checkout function directly\. To start a workflow, use start\(checkout\) from workflow\/api/;

test.each(everyNode)("packages that carry directives are compiled ($version)", async ({ path }) => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "node_modules/esm/package.json": `{ "name": "esm", "type": "module", "exports": "./index.js" }`,
    "node_modules/esm/index.js": `export async function one() { "use step"; return this?.x; }`,
    "node_modules/cjs/package.json": `{ "name": "cjs", "main": "lib/index.js" }`,
    "node_modules/cjs/lib/index.js": `async function two() { "use step"; } exports.two = two;`,
    "node_modules/@org/ts/package.json": `{ "name": "@org/ts", "type": "module", "exports": "./src/index.ts" }`,
    "node_modules/@org/ts/src/index.ts": `export async function three(a?: 1) { "use step"; }`,
    "app.ts": `
      import { one } from "esm";
      import { two } from "cjs";
      import { three } from "@org/ts";
      const records = (globalThis as any)[Symbol.for("everstep.registry")];
      console.log(JSON.stringify(records.map((record: any) => record.id)));
      console.log(JSON.stringify(records.map((record: any) => [one, two, three].includes(record.fn))));`,
  });
  expect(await printedBy(folder, "app.ts", { node: path })).toEqual([
    ["step//esm/index//one", "step//cjs/lib/index//two", "step//@org/ts/src/index//three"],
    [true, true, true],
  ]);
});

test("JavaScript with directives is compiled, in every kind of file", async () => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "cjs.js": `exports.plain = async function plain() { "use step"; };`,
    "esm.mjs": `export async function esm() { "use step"; }`,
    "required.cjs": `exports.required = async () => { "use step"; };`,
    "app.mjs": `
      import "./cjs.js"; import "./esm.mjs"; import "./required.cjs";
      console.log(JSON.stringify(globalThis[Symbol.for("everstep.registry")].map((r) => r.id)));`,
  });
  expect(await printedBy(folder, "app.mjs")).toEqual([
    ["cjs//plain", "esm//esm", "required//required"].map((name) => `step//./${name}`),
  ]);
});

test("JavaScript without a type is what Node takes it for", async () => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "app.js": `
      import { basename } from "node:path";
      async function step() { "use step"; }
      const [{ fn }] = globalThis[Symbol.for("everstep.registry")];
      console.log(JSON.stringify([fn === step, basename(import.meta.url)]));`,
  });
  // Node says that it had to find out; the same file says the same without the hooks.
  const { code, printed, stderr } = await run(folder, "app.js");
  expect({ code, printed }).toEqual({ code: 0, printed: [[true, "app.js"]] });
  expect(stderr.replace(/.*MODULE_TYPELESS_PACKAGE_JSON[^]*/, "")).toBe("");
});

test("a file without directives runs as it is, byte for byte", async () => {
  const code = `export function text() { /* "not a directive" */ return text.toString(); }`;
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "plain.js": code,
    "node_modules/plain/package.json": `{ "name": "plain", "type": "module", "exports": "./index.js" }`,
    "node_modules/plain/index.js": code,
    "app.js": `
      import { text } from "./plain.js";
      import { text as packaged } from "plain";
      console.log(JSON.stringify([text(), packaged()]));`,
  });
  const expected = code.replace("export ", "");
  expect(await printedBy(folder, "app.js")).toEqual([[expected, expected]]);
});

test("a package in syntax that only Node can read is left to Node", async () => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    // Reads like a misspelt directive to a glance at the text, and not as JavaScript to a parser.
    "node_modules/odd/index.js": `const odd = "nextstep"; module.exports = odd; return; } function f() {`,
    "app.ts": `try { require("odd"); } catch (error) { console.log(JSON.stringify(String(error))); }`,
  });
  const [printed] = await printedBy(folder, "app.ts");
  expect(printed).toMatch(/^SyntaxError: /);
  expect(printed).not.toContain("Babel");
});

test.each(everyNode)(
  "a refused directive ends the program with code, place and frame ($version)",
  async ({ path }) => {
    const bad = `interface A {}\nexport function charge() {\n  "use step";\n}\n`;
    const folder = program({
      "package.json": `{ "name": "app", "type": "module" }`,
      "bad.ts": bad,
      "old/package.json": `{ "type": "commonjs" }`,
      "old/bad.ts": bad,
      "imports.ts": `await import("./bad.js");`,
      "old/requires.ts": `require("./bad");`,
    });
    for (const entry of ["bad.ts", "imports.ts", "old/bad.ts", "old/requires.ts"]) {
      const { code, stderr } = await run(folder, entry, { node: path });
      expect(code).toBe(1);
      expect(stderr).toContain("bad.ts");
      expect(stderr).toContain(`> 2 | export function charge() {`);
      expect(stderr).toContain("FUNCTION_NOT_ASYNC");
      expect(stderr).not.toContain("babel/core");
    }
  },
);

test("a program can catch a refused file and read its code", async () => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "bad.ts": `export function charge() { "use step"; }`,
    "syntax.ts": `const grüße: = 1;`,
    "both.ts": `export async function f() { "use step"; } const b: = 2;`,
    "app.ts": `
      for (const name of ["./bad", "./syntax", "./both"]) {
        await import(name).catch(({ code, message }) => console.log(JSON.stringify([code, message])));
      }`,
  });
  const printed = (await printedBy(folder, "app.ts")) as [string, string][];
  expect(printed.map(([code]) => code)).toEqual([
    "FUNCTION_NOT_ASYNC",
    "SYNTAX_INVALID",
    "SYNTAX_INVALID",
  ]);
  expect(printed[1]?.[1]).toContain("syntax.ts");
  expect(printed[1]?.[1]).toContain("> 1 | const grüße: = 1;\n    |              ^");
});

test("a refused file runs once it is corrected", async () => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "app.ts": `export function charge() { "use step"; }`,
  });
  expect((await run(folder, "app.ts")).code).toBe(1);
  write(folder, "app.ts", `async function f() { "use step"; } console.log(await f() ?? '"ran"');`);
  expect(await printedBy(folder, "app.ts")).toEqual(["ran"]);
});
