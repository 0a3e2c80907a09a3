import { nodeBinaries } from "../toolchain/install";
import { printedBy, program, removePrograms, run } from "./program";

const everyNode = nodeBinaries();

afterAll(removePrograms);

const tsconfig = `{
  // Comments and trailing commas are part of a tsconfig.
  "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*"], "exact": ["lib/exact.ts"], }, },
}`;

test.each(everyNode)(
  "tsconfig paths and baseUrl hold for import and require ($version)",
  async ({ path }) => {
    const folder = program({
      "package.json": `{ "name": "app", "type": "module" }`,
      "tsconfig.json": tsconfig,
      "src/alias.ts": `export const alias: string = "alias";`,
      "lib/exact.ts": `export const exact: string = "exact";`,
      "app.ts": `
        import { alias } from "@/alias";
        import { alias as withJs } from "@/alias.js";
        import { exact } from "exact";
        import { alias as byBase } from "src/alias";
        import fs from "fs";
        import "./required.cjs";
        console.log(JSON.stringify([alias, withJs, exact, byBase, typeof fs.readFileSync]));`,
      "required.cts": `
        const { alias } = require("@/alias");
        console.log(JSON.stringify([alias, require("exact").exact]));`,
    });
    const printed = await printedBy(folder, "app.ts", { node: path });
    expect(printed).toEqual([
      ["alias", "exact"],
      ["alias", "alias", "exact", "alias", "function"],
    ]);
  },
);

test.each(everyNode)(
  "package imports and exports that name .js find the .ts it is built from ($version)",
  async ({ path }) => {
    const folder = program({
      "package.json": `{ "name": "app", "type": "module", "imports": { "#gen": "./src/gen.js" }, "exports": "./src/gen.js" }`,
      "src/gen.ts": `export const gen: string = "gen";`,
      "app.ts": `
        import { gen } from "#gen";
        import { gen as self } from "app";
        import { createRequire } from "node:module";
        const required = createRequire(import.meta.url)("#gen").gen;
        console.log(JSON.stringify([gen, self, required]));`,
    });
    const printed = await printedBy(folder, "app.ts", { node: path });
    expect(printed).toEqual([["gen", "gen", "gen"]]);
  },
);

test("a folder is its package.json's main, or its index", async () => {
  const files = {
    "with/package.json": `{ "main": "./source.js" }`,
    "with/source.ts": `export const where: string = "main";`,
    "without/package.json": `{}`,
    "without/index.ts": `export const where: string = "index";`,
    "both.ts": `export const where: string = "file";`,
    "both/index.ts": `export const where: string = "folder";`,
  };
  const code = `
    import { where as a } from "./with";
    import { where as b } from "./without/";
    import { where as c } from "./both";
    import { where as d } from "./both/";
    console.log(JSON.stringify([a, b, c, d]));`;
  const folder = program({ ...files, "app.mts": code, "app.cts": code });
  expect(await printedBy(folder, "app.mts")).toEqual([["main", "index", "file", "folder"]]);
  expect(await printedBy(folder, "app.cts")).toEqual([["main", "index", "file", "folder"]]);
});

test("a package keeps its own .js where it ships the .ts beside it", async () => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "node_modules/both/package.json": `{ "name": "both" }`,
    "node_modules/both/index.js": `module.exports = require("./inner");`,
    "node_modules/both/inner.js": `module.exports = "js";`,
    "node_modules/both/inner.ts": `throw new Error("not the file that was published");`,
    "app.ts": `console.log(JSON.stringify(require("both")));`,
  });
  expect(await printedBy(folder, "app.ts")).toEqual(["js"]);
});

test("queries keep apart what they keep apart in Node", async () => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "part.ts": `export const state: object = {};`,
    "app.ts": `
      const one = await import("./part?1"), two = await import("./part.js?2");
      console.log(JSON.stringify([one.state === two.state, one === await import("./part?1")]));`,
  });
  expect(await printedBy(folder, "app.ts")).toEqual([[false, true]]);
});

test("import.meta.resolve and paths with spaces and percent signs", async () => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "a b%20c/part.ts": `export const part: string = import.meta.resolve("./other").slice(-8);`,
    "a b%20c/other.cts": `export const other: string = "other";`,
    "a b%20c/app.ts": `
      import { part } from "./part.js";
      import { other } from "./other.cjs";
      console.log(JSON.stringify([part, other]));`,
  });
  expect(await printedBy(folder, "a b%20c/app.ts")).toEqual([["ther.cts", "other"]]);
});

test.each(everyNode)("what is not there fails as it does in Node ($version)", async ({ path }) => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "app.ts": `
      import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      const codes: unknown[] = [];
      for (const name of ["./missing.js", "missing-package", "./missing"]) {
        await import(name).catch((error) => codes.push(error.code));
        try { require(name); } catch (error) { codes.push((error as { code: string }).code); }
      }
      console.log(JSON.stringify(codes));`,
  });
  const [imported, required] = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"];
  expect(await printedBy(folder, "app.ts", { node: path })).toEqual([
    [imported, required, imported, required, imported, required],
  ]);
});

test("a tsconfig that cannot be read is named", async () => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "tsconfig.json": `{ "extends": "./missing.json" }`,
    "app.ts": `console.log("not reached");`,
  });
  const { code, stdout, stderr } = await run(folder, "app.ts");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("tsconfig.json");
  expect(stderr).toContain("missing.json");
});
