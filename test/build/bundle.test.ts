import vm from "node:vm";
import { buildWorkflows } from "../../lib/build/build-workflows";
import { createDevBundle } from "../../lib/build/dev-bundle";
import { mapStack, readBundleMap } from "../../lib/engine/map-stack";
import { BUNDLE_NAME, openSandbox } from "./run-bundle";
import { tempProject } from "./temp-project";

async function build(files: Record<string, string>, options: { entries?: string[] } = {}) {
  const root = tempProject(files);
  const { bundle, manifest } = await buildWorkflows({ cwd: root, ...options });
  return { root, bundle, manifest, sandbox: openSandbox(bundle.code) };
}

const ORDER = `
import { readFileSync } from "node:fs";
import { total } from "../lib/money";
const secret = readFileSync;
export async function charge(amount: number): Promise<string> {
  "use step";
  return String(secret) + amount;
}
export async function checkout(items: number[]) {
  "use workflow";
  return charge(total(items));
}
`;
const MONEY = `
import fs from "fs";
export const total = (items: number[]) => items.reduce((sum, item) => sum + item, 0);
export const save = () => fs.writeFileSync("a", "b");
`;

test("a workflow runs from the bundle, and its steps become calls", async () => {
  const { sandbox } = await build({ "src/workflows/order.ts": ORDER, "src/lib/money.ts": MONEY });
  expect(await sandbox.run("workflow//./src/workflows/order//checkout", [1, 2])).toBe(3);
  expect(sandbox.calls).toEqual([{ id: "step//./src/workflows/order//charge", args: [3] }]);
});

test("a helper that also exports something which needs Node is no trouble (I1)", async () => {
  const { bundle } = await build({ "src/workflows/order.ts": ORDER, "src/lib/money.ts": MONEY });
  expect(bundle.code).not.toContain("writeFileSync");
  expect(bundle.code).not.toContain("Cannot use");
});

test("evaluating the bundle runs no user code and yields one function for each workflow", async () => {
  const { sandbox } = await build({
    "workflows/a.ts": `globalThis.loaded = "a"; export async function a() { "use workflow"; return 1 }`,
    "workflows/b.ts": `throw new Error("b does not load"); export async function b() { "use workflow" }`,
  });
  expect(Object.keys(sandbox.script.workflows)).toEqual([
    "workflow//./workflows/a//a",
    "workflow//./workflows/b//b",
  ]);
  expect(sandbox.script).toMatchObject({ format: 1, prelude: 1 });
  expect(() => sandbox.run("workflow//./workflows/b//b")).toThrow("b does not load");
  expect(await sandbox.run("workflow//./workflows/a//a")).toBe(1);
});

test("a file that throws when it is loaded breaks only the workflows that reach it", async () => {
  const { sandbox } = await build({
    "workflows/a.ts": `
      import { broken } from "../broken";
      export async function good() { "use workflow"; return "good" }
      export async function bad() { "use workflow"; return broken }`,
    "broken.ts": `export const broken = JSON.parse("{");`,
    "package.json": `{ "sideEffects": false }`,
  });
  expect(await sandbox.run("workflow//./workflows/a//good")).toBe("good");
  expect(() => sandbox.run("workflow//./workflows/a//bad")).toThrow();
});

test("what a step's setup changes for a workflow is still changed in the bundle", async () => {
  const source = `
    const table: string[] = [];
    export const size = table.push("a");
    const defaults: any = {};
    export const merged = Object.assign(defaults, { retries: 2 });
    export const idle = new Map([["only", "steps"]]);
    export async function use() { "use step"; return [size, merged, idle] }
    export async function order() { "use workflow"; return [table, defaults] }`;
  const { bundle, sandbox } = await build({ "workflows/order.ts": source });
  const id = "workflow//./workflows/order//order";
  expect(await sandbox.run(id)).toEqual([["a"], { retries: 2 }]);
  expect(bundle.code).not.toContain("new Map");
});

test("workflows in a folder whose name begins with a dot or has a # in it", async () => {
  const { sandbox } = await build(
    {
      ".flows/a.ts": `export async function a() { "use workflow"; return "a" }`,
      "c#/b.ts": `import "fs"; export async function b() { "use workflow"; return "b" }`,
    },
    { entries: [".flows/a.ts", "c#"] },
  );
  expect(await sandbox.run("workflow//./.flows/a//a")).toBe("a");
  expect(await sandbox.run("workflow//./c#/b//b")).toBe("b");
});

test("workflows of every form are reached: default, arrow, static method, nested in a call, CommonJS", async () => {
  const { sandbox, manifest } = await build({
    "workflows/default.ts": `export default async function () { "use workflow"; return "default" }`,
    "workflows/arrow.ts": `const arrow = async () => { "use workflow"; return "arrow" }; export { arrow as renamed };`,
    "workflows/static.ts": `export class Jobs { static async nightly() { "use workflow"; return this === Jobs } }`,
    "workflows/object.ts": `export const jobs = { async run() { "use workflow"; return "object" } }`,
    "workflows/old.cjs": `exports.old = async function old() { "use workflow"; return "cjs" }; exports.broken = 1;`,
  });
  const results = await Promise.all(manifest.workflows.map(({ id }) => sandbox.run(id)));
  expect(new Set(results)).toEqual(new Set(["default", "arrow", true, "object", "cjs"]));
});

test("paths of tsconfig, JSON, JSX and the export condition `workflow` are honoured", async () => {
  const { sandbox } = await build({
    "tsconfig.json": `{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] }, "jsx": "react", "jsxFactory": "h" } }`,
    "lib/name.ts": `export const name = "alias";`,
    "data.json": `{ "answer": 42 }`,
    "node_modules/pkg/package.json": `{ "name": "pkg", "exports": { ".": { "workflow": "./w.js", "default": "./n.js" } } }`,
    "node_modules/pkg/w.js": `export const side = "workflow";`,
    "node_modules/pkg/n.js": `export const side = "node";`,
    "workflows/a.tsx": `
      import { name } from "@lib/name";
      import data from "../data.json";
      import { side } from "pkg";
      const h = (tag: string) => tag;
      export async function a() { "use workflow"; return [name, data.answer, side, <b />] }`,
  });
  expect(await sandbox.run("workflow//./workflows/a//a")).toEqual(["alias", 42, "workflow", "b"]);
});

test("ES modules of the bundle run in strict mode", async () => {
  const { sandbox } = await build({
    "workflows/a.ts": `
      export async function a() { "use workflow"; return (function (this: unknown) { return this })() === undefined }`,
  });
  expect(await sandbox.run("workflow//./workflows/a//a")).toBe(true);
});

test("functions and classes keep their names when two files use the same one", async () => {
  const { sandbox } = await build({
    "one.ts": `export class Failed extends Error {} export function make() { return "one" }`,
    "two.ts": `export class Failed extends Error {} export const make = () => "two";`,
    "workflows/a.ts": `
      import * as one from "../one"; import * as two from "../two";
      export async function a() { "use workflow"; return [one, two].map((m) => m.Failed.name + m.make.name + m.make()) }`,
  });
  expect(await sandbox.run("workflow//./workflows/a//a")).toEqual([
    "Failedmakeone",
    "Failedmaketwo",
  ]);
});

test("import() inside a workflow loads what the bundle has", async () => {
  const { sandbox } = await build({
    "late.ts": `export const late = "late";`,
    "workflows/a.ts": `export async function a() { "use workflow"; return (await import("../late")).late }`,
  });
  expect(await sandbox.run("workflow//./workflows/a//a")).toBe("late");
});

test("import() of what is only known at run time fails with an error of the sandbox (I11)", async () => {
  const { sandbox } = await build({
    "workflows/a.ts": `
      export async function a(name: string) {
        "use workflow";
        return import(name).catch((error) => [error instanceof Error, error.message]);
      }`,
  });
  const [isError, message] = (await sandbox.run("workflow//./workflows/a//a", "fs")) as unknown[];
  expect([isError, message]).toEqual([true, expect.stringContaining('require of "fs"')]);
});

test("an endless loop in a package is stopped", async () => {
  const { sandbox } = await build({
    "node_modules/spin/package.json": `{ "name": "spin", "main": "index.js" }`,
    "node_modules/spin/index.js": `exports.spin = function () { while (true) { try { while (true); } catch (e) {} } };`,
    "workflows/a.ts": `import { spin } from "spin"; export async function a() { "use workflow"; spin() }`,
  });
  await expect(sandbox.run("workflow//./workflows/a//a")).rejects.toThrow("out of passes");
});

test("the same sources give the same bytes in any folder, and no folder is named", async () => {
  const files = { "src/workflows/order.ts": ORDER, "src/lib/money.ts": MONEY };
  const first = await build(files);
  const second = await build(files);
  expect(first.root).not.toBe(second.root);
  expect(second.bundle.code).toBe(first.bundle.code);
  expect(second.bundle.map).toBe(first.bundle.map);
  expect(second.bundle.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify([first.bundle.code, first.bundle.map, first.manifest])).not.toContain(
    first.root,
  );
});

test("a project without directives has an empty bundle", async () => {
  const { sandbox, manifest } = await build({ "src/app.ts": "export const a = 1;" });
  expect(Object.keys(sandbox.script.workflows)).toEqual([]);
  expect(manifest.modules).toEqual([]);
});

test("the manifest lists workflows, steps and classes with place and parameters", async () => {
  const { manifest } = await build({
    "workflows/a.ts": `
export async function go({ id }: { id: string }, ...rest: string[]) { "use workflow"; return inner(id) }
async function inner(id = "x") { "use step"; return id }
export class Money {
  static [Symbol.for("workflow-serialize")](value: Money) { return { ...value } }
  static [Symbol.for("workflow-deserialize")](value: object) { return Object.assign(new Money(), value) }
}`,
  });
  expect(manifest.workflows).toEqual([
    {
      id: "workflow//./workflows/a//go",
      name: "go",
      file: "workflows/a.ts",
      line: 2,
      parameters: ["{ id }", "...rest"],
      exported: true,
    },
  ]);
  expect(manifest.steps).toEqual([
    expect.objectContaining({ id: "step//./workflows/a//inner", line: 3, exported: false }),
  ]);
  expect(manifest.classes).toEqual([
    { id: "class//./workflows/a//Money", name: "Money", file: "workflows/a.ts", line: 4 },
  ]);
  expect(manifest.modules).toEqual(["workflows/a.ts"]);
});

test("steps and workflows are found in files that only step bodies import, and in packages", async () => {
  const { manifest, sandbox } = await build({
    "workflows/a.ts": `
      import { start } from "../lib/start";
      import { task } from "tasks";
      export async function a() { "use workflow"; await task(); return launch() }
      async function launch() { "use step"; return start() }`,
    "lib/start.ts": `import { other } from "../other/flow"; export const start = () => other;`,
    "other/flow.ts": `export async function other() { "use workflow"; return "other" }`,
    "node_modules/tasks/package.json": `{ "name": "tasks", "main": "index.js", "type": "module" }`,
    "node_modules/tasks/index.js": `
      export async function task() { "use step"; return 1 }
      export async function shipped() { "use workflow"; return task() }`,
  });
  expect(manifest.workflows.map(({ id }) => id)).toEqual([
    "workflow//./other/flow//other",
    "workflow//./workflows/a//a",
    "workflow//tasks/index//shipped",
  ]);
  expect(manifest.steps.map(({ id }) => id)).toContain("step//tasks/index//task");
  expect(await sandbox.run("workflow//./other/flow//other")).toBe("other");
  expect(await sandbox.run("workflow//tasks/index//shipped")).toBeUndefined();
});

test("entries may be files and folders; build output and declarations are passed over", async () => {
  const { manifest } = await build(
    {
      "jobs/one.mts": `export async function one() { "use workflow" }`,
      "jobs/dist/two.js": `export async function two() { "use workflow" }`,
      "jobs/types.d.ts": `declare const text: 'use workflow';`,
      "flows/three.mjs": `export async function three() { 'use workflow' }`,
      "flows/four.js": `export async function four() { 'use workflow' }`,
    },
    { entries: ["jobs", "flows/three.mjs"] },
  );
  expect(manifest.workflows.map(({ name }) => name)).toEqual(["three", "one"]);
});

test("an error three helpers deep shows the user's files, functions and lines (ER-26)", async () => {
  const { bundle } = await build({
    "workflows/order.ts": `import { outer } from "../lib/deep";\n\nexport async function order(n: number) {\n  "use workflow";\n  for (const x of [n]) outer(x);\n}`,
    "lib/deep.ts": `interface Unused { a: string }\nexport const outer = (n: number) => middle(n);\nfunction middle(n: number): never {\n  return inner({ n });\n}\nfunction inner({ n }: { n: number }): never {\n  for (;;) { if (n) throw new Error("deep"); }\n}`,
  });
  const stack = await stackOf(bundle.code);
  const mapped = mapStack(stack, BUNDLE_NAME, readBundleMap(bundle.map));
  expect(mapped.split("\n").slice(0, 5)).toEqual([
    "Error: deep",
    "    at inner (lib/deep.ts:7:27)",
    "    at middle (lib/deep.ts:4:10)",
    "    at outer (lib/deep.ts:2:37)",
    "    at order (workflows/order.ts:5:24)",
  ]);
  expect(mapped).not.toContain(BUNDLE_NAME);
});

async function stackOf(code: string): Promise<string> {
  const sandbox = openSandbox(code);
  try {
    await sandbox.run("workflow//./workflows/order//order", 1);
  } catch (error) {
    return (error as Error).stack!;
  }
  throw new Error("it did not throw");
}

test("positions in memory and in the stored map agree", async () => {
  const root = tempProject({ "src/workflows/order.ts": ORDER, "src/lib/money.ts": MONEY });
  const dev = createDevBundle({ cwd: root });
  const { bundle } = await dev.current();
  const stored = readBundleMap(bundle.map);
  const lines = bundle.code.split("\n");
  let known = 0;
  lines.forEach((text, line) => {
    for (const match of text.matchAll(/charge|total|items|reduce/g)) {
      const found = bundle.positions.find(line, match.index);
      expect(stored.find(line, match.index)).toEqual(found);
      if (found) known++;
    }
  });
  expect(known).toBeGreaterThan(5);
});

test("the bundle is a plain script: one expression, no import, no export", async () => {
  const { bundle } = await build({
    "workflows/a.ts": `export async function a() { "use workflow" }`,
  });
  expect(() => new vm.Script(bundle.code)).not.toThrow();
  expect(bundle.code).toMatch(/^\/\/ everstep bundle, format 1, prelude 1\n/);
});

test("process.env.NODE_ENV is read when the workflow runs", async () => {
  const { bundle } = await build({
    "workflows/a.ts": `export async function a() { "use workflow"; return process.env.NODE_ENV }`,
  });
  expect(bundle.code).toContain("return process.env.NODE_ENV");
});
