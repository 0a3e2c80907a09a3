import path from "node:path";
import { tempProject } from "./build/temp-project";
import { checkImports, checkNames, IMPORT_TABLE, sourceFiles } from "./import-table";

const ROOT = path.resolve(__dirname, "..");
test("folders import what the table allows, no file is part of a cycle, doors only re-export", () => {
  expect(sourceFiles(ROOT).length).toBeGreaterThan(40);
  expect(checkImports(ROOT)).toEqual([]);
});

test("no file or folder is called utils, helpers, common or misc", () => {
  const folders = ["lib", ...Object.keys(IMPORT_TABLE), "test", "scripts", "bench", "examples"];
  expect(checkNames(ROOT, folders)).toEqual([]);
  const tree = tempProject({ "lib/build/string-utils.ts": "", "lib/build/common/a.ts": "" });
  expect(checkNames(tree, ["lib"])).toHaveLength(2);
});

test("a folder that reaches for one above it is named, whatever form the import has", () => {
  const root = tempProject({
    "lib/contract/type-only.ts": `import type { Build } from "../build/build";`,
    "lib/contract/re-export.ts": `export { build } from "../build/build";`,
    "lib/contract/type-query.ts": `export type B = typeof import("../build/build");`,
    "lib/codec/dynamic.ts": `export const build = () => import("../build/build.js");`,
    "lib/codec/required.ts": `const build = require("../build/build");`,
    "lib/codec/assigned.ts": `import build = require("../build/build");`,
    "lib/build/build.ts": `export interface Build {}`,
  });
  expect(checkImports(root)).toEqual([
    "lib/codec/assigned.ts:1: lib/codec may not import lib/build/build.ts",
    "lib/codec/dynamic.ts:1: lib/codec may not import lib/build/build.ts",
    "lib/codec/required.ts:1: lib/codec may not import lib/build/build.ts",
    "lib/contract/re-export.ts:1: lib/contract may not import lib/build/build.ts",
    "lib/contract/type-only.ts:1: lib/contract may not import lib/build/build.ts",
    "lib/contract/type-query.ts:1: lib/contract may not import lib/build/build.ts",
  ]);
});

test("a package that the table does not give to a folder is named", () => {
  const root = tempProject({
    "lib/contract/a.ts": `import "node:fs";`,
    "babel-plugin/a.ts": `import "@babel/core"; import "esbuild"; import "node:fs";`,
    "babel-plugin/b.ts": `import "../lib/contract/id"; import "../lib/contract/manifest";`,
    "lib/contract/id.ts": "",
    "lib/contract/manifest.ts": "",
    "lib/extra/a.ts": `import "node:fs";`,
  });
  expect(checkImports(root)).toEqual([
    "lib/contract/a.ts:1: lib/contract may not import node:fs",
    "lib/extra/a.ts:1: the import table has no row for this folder",
    "babel-plugin/a.ts:1: babel-plugin may not import esbuild",
    "babel-plugin/b.ts:1: babel-plugin may not import lib/contract/manifest.ts",
  ]);
});

test("a cycle is shown as the way round it, also where only types are imported", () => {
  const root = tempProject({
    "lib/codec/a.ts": `import type { B } from "./b";`,
    "lib/codec/b.ts": `import { c } from "./c";`,
    "lib/codec/c.ts": `export type { A } from "./a";`,
  });
  expect(checkImports(root)).toEqual([
    "import cycle: lib/codec/a.ts -> lib/codec/b.ts -> lib/codec/c.ts -> lib/codec/a.ts",
  ]);
});

test("only lib/replay/sandbox.ts imports node:vm, and an import that leads nowhere is named", () => {
  const root = tempProject({
    "lib/replay/sandbox.ts": `import vm from "node:vm";`,
    "lib/replay/replay.ts": `import vm from "node:vm";`,
    "lib/engine/claim.ts": `import vm from "vm"; import "./gone";`,
  });
  expect(checkImports(root)).toEqual([
    "lib/engine/claim.ts:1: only lib/replay/sandbox.ts may import node:vm",
    "lib/engine/claim.ts:1: ./gone leads nowhere",
    "lib/replay/replay.ts:1: only lib/replay/sandbox.ts may import node:vm",
  ]);
});

test("replay uses no clock, chance, timer or process", () => {
  const code = [
    `Date.now(); Date["now"]();`,
    `Math.random();`,
    `new Date(); new Date(0);`,
    `setTimeout(run, 1);`,
    `globalThis.process; process.env.HOME;`,
    `const event = { process: 1, now: 2 }; event.process;`,
  ];
  const root = tempProject({
    "lib/replay/replay.ts": code.join("\n"),
    "lib/engine/a.ts": code[0]!,
  });
  expect(checkImports(root)).toEqual([
    "lib/replay/replay.ts:1: replay may not use Date.now",
    "lib/replay/replay.ts:1: replay may not use Date.now",
    "lib/replay/replay.ts:2: replay may not use Math.random",
    "lib/replay/replay.ts:3: replay may not use new Date()",
    "lib/replay/replay.ts:4: replay may not use setTimeout",
    "lib/replay/replay.ts:5: replay may not use globalThis.process",
    "lib/replay/replay.ts:5: replay may not use process",
  ]);
});

test("a door with code of its own is named", () => {
  const root = tempProject({
    "lib/errors.ts": `export { a } from "./contract/error"; export type { B } from "./contract/error";`,
    "lib/api.ts": `import { a } from "./contract/error"; export const b = a;`,
    "lib/register.ts": `import { a } from "./contract/error"; a();`,
    "lib/contract/error.ts": `export const a = () => {};`,
  });
  expect(checkImports(root)).toEqual(["lib/api.ts: a door holds re-exports only"]);
});
