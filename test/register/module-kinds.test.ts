import { nodeBinaries } from "../toolchain/install";
import { cjsDoor, printedBy, program, removePrograms } from "./program";

const everyNode = nodeBinaries();

afterAll(removePrograms);

const print = `const print = (value: unknown) => console.log(JSON.stringify(value));`;

/** Every ending a specifier may have, in a static import, a dynamic one and through createRequire. */
const endings = {
  "plain.ts": `export const plain: string = "plain"; export default "default";`,
  "view.tsx": `export const view = <T,>(value: T) => value;`,
  "kept.js": `export const kept = "the js file";`,
  "kept.ts": `export const kept: string = "the ts file";`,
  "esm.mts": `export const esm: string = "esm"; export const url = import.meta.url;`,
  "cjs.cts": `import fs = require("node:fs"); export = { cjs: typeof fs.readFileSync };`,
  "folder/index.ts": `export * from "../plain"; export enum Level { Low = 1, High }`,
  "app.ts": `
    import byDefault, { plain } from "./plain.js";
    import { plain as byTs } from "./plain.ts";
    import { plain as byNothing } from "./plain";
    import { view } from "./view";
    import { kept } from "./kept.js";
    import cjs from "./cjs.cjs";
    import { Level, plain as reexported } from "./folder";
    import { createRequire } from "node:module";
    ${print}
    async function main() {
      const { esm, url } = await import("./esm.mjs");
      const load = createRequire(__dirnameOrUrl());
      print([byDefault, plain, byTs, byNothing, view("view"), kept, cjs.cjs, Level.High, reexported]);
      print([esm, url.startsWith("file:"), load("./plain").plain, load.resolve("./folder").slice(-15)]);
      const all = await import("./folder/index.js");
      print([all.plain, all.Level.Low]);
    }
    void main();`,
};
const endingsPrinted = [
  ["default", "plain", "plain", "plain", "view", "the js file", "function", 2, "plain"],
  ["esm", true, "plain", "folder/index.ts"],
  ["plain", 1],
];

function endingsProgram(type: string, location: string): string {
  const files = { ...endings, "package.json": JSON.stringify({ name: "app", type }) };
  if (type === "commonjs") files["kept.js"] = `exports.kept = "the js file";`;
  files["app.ts"] = files["app.ts"].replace("__dirnameOrUrl()", location);
  return program(files);
}

test.each(everyNode)(
  "an ES module package finds specifiers that end in .ts, .js or nothing ($version)",
  async ({ path }) => {
    const folder = endingsProgram("module", "import.meta.url");
    expect(await printedBy(folder, "app.ts", { node: path })).toEqual(endingsPrinted);
    expect(await printedBy(folder, "app.ts", { node: path, hooks: "--require" })).toEqual(
      endingsPrinted,
    );
  },
);

test.each(everyNode)(
  "a CommonJS package finds specifiers that end in .ts, .js or nothing ($version)",
  async ({ path }) => {
    const folder = endingsProgram("commonjs", "__filename");
    expect(await printedBy(folder, "app.ts", { node: path })).toEqual(endingsPrinted);
    expect(await printedBy(folder, "app.ts", { node: path, hooks: "--require" })).toEqual(
      endingsPrinted,
    );
  },
);

test.each(everyNode)(
  "without a type a file is CommonJS unless only a module can be meant ($version)",
  async ({ path }) => {
    const folder = program({
      "package.json": `{ "name": "app" }`,
      "cjs.ts": `export const kind: string = typeof module; export async function f() { await 1; }`,
      "meta.ts": `export const kind: string = typeof module + import.meta.url.slice(-7);`,
      "app.ts": `
        import { kind } from "./cjs";
        import { kind as meta } from "./meta";
        await null;
        console.log(JSON.stringify([kind, meta, typeof module]));`,
    });
    const printed = await printedBy(folder, "app.ts", { node: path });
    expect(printed).toEqual([["object", "undefinedmeta.ts", "undefined"]]);
  },
);

test.each(everyNode)(
  "imported CommonJS has its names, its re-exports and one instance ($version)",
  async ({ path }) => {
    const folder = program({
      "package.json": `{ "name": "app", "type": "module" }`,
      "old/package.json": `{ "type": "commonjs" }`,
      "old/first.ts": `(globalThis as { order?: string[] }).order = ["first"];`,
      "old/other.ts": `
        (globalThis as unknown as { order: string[] }).order.push("other");
        export const other: string = "other";`,
      "old/index.ts": `
        import "./first";
        export * from "./other";
        export const state = { loads: 0 };
        export const parent: unknown = module.parent;
        export default class Thing {}`,
      "old/plain.js": `const { state } = require("./index"); exports.state = state;`,
      "old/assigned.cts": `exports.late = 1; module.exports.later = 2;`,
      "app.ts": `
        import whole, { other, parent, state } from "./old/index.js";
        import { state as same } from "./old/plain.js";
        import { late, later } from "./old/assigned.cjs";
        import { createRequire } from "node:module";
        const required = createRequire(import.meta.url)("./old");
        console.log(JSON.stringify([other, state === same, required === whole, late, later,
          parent === undefined, whole.default.name, globalThis.order]));`,
    });
    const printed = await printedBy(folder, "app.ts", { node: path });
    expect(printed).toEqual([["other", true, true, 1, 2, true, "Thing", ["first", "other"]]]);
  },
);

test.each(everyNode)("a CommonJS entry point is require.main ($version)", async ({ path }) => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "app.ts": `
      import path from "node:path";
      console.log(JSON.stringify([require.main === module, module.id, path.basename(__filename)]));`,
  });
  const expected = [[true, ".", "app.ts"]];
  expect(await printedBy(folder, "app.ts", { node: path })).toEqual(expected);
  expect(await printedBy(folder, "app", { node: path, hooks: "--require" })).toEqual(expected);
});

test.each(everyNode)(
  "CommonJS that requires a module gets the instance that import gets ($version)",
  async ({ path }) => {
    const folder = program({
      "package.json": `{ "name": "app" }`,
      "esm.mts": `export const esm: string = "esm";`,
      "app.ts": `
        const required = require("./esm.mjs");
        void import("./esm.mjs").then((imported) =>
          console.log(JSON.stringify([required.esm, required === imported])));`,
    });
    expect(await printedBy(folder, "app.ts", { node: path })).toEqual([["esm", true]]);
  },
);

test("a program that requires everstep/register itself gets the hooks from there on", async () => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "app.js": `
      require(process.env.DOOR);
      console.log(JSON.stringify(require("./part").part));
      import("./module.mjs").then(({ module }) => console.log(JSON.stringify(module)));`,
    "part.ts": `export const part: string = "part";`,
    "module.mts": `export const module: string = "module";`,
  });
  const printed = await printedBy(folder, "app.js", { hooks: null, env: { DOOR: cjsDoor } });
  expect(printed).toEqual(["part", "module"]);
});
