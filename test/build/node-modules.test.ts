import { buildWorkflows } from "../../lib/build/build-workflows";
import { BUILTIN_SPECIFIER } from "../../lib/build/node-modules";
import { BuildError } from "../../lib/contract/error";
import { openSandbox } from "./run-bundle";
import { tempProject } from "./temp-project";

async function sandboxOf(files: Record<string, string>) {
  const { bundle } = await buildWorkflows({ cwd: tempProject(files) });
  return openSandbox(bundle.code);
}

async function errorsOf(files: Record<string, string>) {
  const failure: unknown = await buildWorkflows({ cwd: tempProject(files) }).catch((e) => e);
  if (!BuildError.is(failure)) throw failure;
  return failure.errors;
}

/** A workflow that uses the package `old`, whose only file is given. */
function withPackage(code: string, use: string, esm = false): Record<string, string> {
  return {
    "node_modules/old/package.json": `{ "name": "old", "main": "index.js", "type": "${esm ? "module" : "commonjs"}" }`,
    "node_modules/old/index.js": code,
    "workflows/a.ts": `import * as old from "old"; export async function a() { "use workflow"; ${use} }`,
  };
}

const ID = "workflow//./workflows/a//a";
const TEXT = (name: string) =>
  `Cannot use Node.js module "${name}" in workflow functions. Move this module to a step function.`;

test("a module of Node in a workflow is an error at the user's import (BL-04)", async () => {
  const [error, ...others] = await errorsOf({
    "workflows/a.ts": `// Orders\nimport type { Stats } from "fs";\nimport { readFileSync } from "fs";\n\nexport async function a(): Promise<Stats | string> {\n  "use workflow";\n  return readFileSync("x", "utf8");\n}`,
  });
  expect(others).toEqual([]);
  expect(error).toMatchObject({ code: "NODE_MODULE_IN_WORKFLOW", at: "workflows/a.ts:3:1" });
  expect(error!.message).toContain(`${TEXT("fs")}\n\nworkflows/a.ts:3:1\n`);
  expect(error!.message).toContain('> 3 | import { readFileSync } from "fs";');
});

test("the error of an import further down shows the way there", async () => {
  const [error] = await errorsOf({
    "workflows/a.ts": `import { one } from "../lib/one"; export async function a() { "use workflow"; return one() }`,
    "lib/one.ts": `export { two as one } from "./two";`,
    "lib/two.ts": `import os from "node:os";\nexport const two = () => os.cpus();`,
  });
  expect(error!.message).toContain(TEXT("node:os"));
  expect(error!.at).toBe("lib/two.ts:1:1");
  expect(error!.message).toContain("Reached by workflows/a.ts → lib/one.ts → lib/two.ts");
});

test("the place is right when a folder has a # in its name", async () => {
  const [error] = await errorsOf({
    "workflows/c#/a.ts": `import fs from "fs"; export async function a() { "use workflow"; fs.rmSync("b") }`,
  });
  expect(error).toMatchObject({ code: "NODE_MODULE_IN_WORKFLOW", at: "workflows/c#/a.ts:1:1" });
});

const FORMS: Record<string, string> = {
  default: `import fs from "fs"; const use = () => fs.readFileSync("a");`,
  namespace: `import * as fs from "fs"; const use = () => fs.readFileSync("a");`,
  "fs/promises": `import { readFile } from "fs/promises"; const use = () => readFile("a");`,
  "import()": `const use = async () => (await import("fs")).readFileSync("a");`,
  "module code": `import fs from "fs"; const text = fs.readFileSync("a"); const use = () => text;`,
};

for (const [name, code] of Object.entries(FORMS)) {
  test(`${name} is such an import`, async () => {
    const errors = await errorsOf({
      "workflows/a.ts": `${code} export async function a() { "use workflow"; return use() }`,
    });
    expect(errors.map((error) => error.code)).toEqual(["NODE_MODULE_IN_WORKFLOW"]);
  });
}

test("require() in the app's own CommonJS file is such an import", async () => {
  const errors = await errorsOf({
    "lib/read.cjs": `const fs = require("fs");\nexports.read = () => fs.readFileSync("a");`,
    "workflows/a.ts": `import { read } from "../lib/read.cjs"; export async function a() { "use workflow"; return read() }`,
  });
  expect(errors.map((error) => error.at)).toEqual(["lib/read.cjs:1:20"]);
});

test("what only steps use is no error, nor are side effects and types (BL-05)", async () => {
  const sandbox = await sandboxOf({
    "workflows/a.ts": `
      import { createHash } from "node:crypto";
      import type { Stats } from "node:fs";
      import fs from "fs";
      import "../lib/effects";
      import addon from "./native.node";
      const hash = (text: string) => createHash("sha256").update(text).digest("hex");
      export async function store(text: string): Promise<Stats> { "use step"; addon(); return fs.statSync(hash(text)) }
      export async function a() { "use workflow"; return store("x") }`,
    "lib/effects.ts": `import fs from "fs"; fs.mkdirSync("x");`,
  });
  expect(await sandbox.run(ID)).toBe("x");
});

test("a package that only sounds like a module of Node is bundled", async () => {
  const sandbox = await sandboxOf({
    "node_modules/events-helper/package.json": `{ "name": "events-helper" }`,
    "node_modules/events-helper/stream.js": `exports.stream = "mine";`,
    "workflows/a.ts": `import { stream } from "events-helper/stream"; export async function a() { "use workflow"; return stream }`,
  });
  expect(await sandbox.run(ID)).toBe("mine");
  expect("events-helper/stream").not.toMatch(BUILTIN_SPECIFIER);
  for (const name of ["fs", "node:fs", "fs/promises", "node:test", "path/posix"]) {
    expect(name).toMatch(BUILTIN_SPECIFIER);
  }
});

test("inside a package it throws when it is called, and says whose it is", async () => {
  const sandbox = await sandboxOf(
    withPackage(
      `const fs = require("fs"); exports.read = () => fs.promises.readFile("a");`,
      "return old.read()",
    ),
  );
  await expect(sandbox.run(ID)).rejects.toThrow(`${TEXT("fs")} (It is used by old.)`);
});

test("inside a package that has directives it is an error", async () => {
  const errors = await errorsOf(
    withPackage(
      `import fs from "fs"; export async function a() { "use step" } export const read = () => fs.readFileSync("x");`,
      "return old.read()",
      true,
    ),
  );
  expect(errors.map((error) => error.at)).toEqual(["node_modules/old/index.js:1:1"]);
});

const HARMLESS: Record<string, [code: string, result: unknown, esm?: boolean]> = {
  "extend a class of it": [
    `const { Readable } = require("stream"); class Mine extends Readable { static x = 1 } exports.value = Mine.x;`,
    1,
  ],
  "read deep into it": [`exports.value = typeof require("fs").constants.a.b.c;`, "function"],
  "use a flag of it": [
    `const { O_RDONLY } = require("fs").constants; exports.value = O_RDONLY | 2;`,
    2,
  ],
  "test with instanceof": [
    `const { EventEmitter } = require("events"); exports.value = [{} instanceof EventEmitter, EventEmitter instanceof Map];`,
    [false, false],
  ],
  "take it apart": [
    `const [a] = require("os").list; const { b } = require("os"); exports.value = typeof a + typeof b;`,
    "undefinedfunction",
  ],
  "patch it": [`const fs = require("fs"); fs.mine = 5; exports.value = fs.mine;`, 5],
  "promisify, inherit and deprecate": [
    `const util = require("util"); const { EventEmitter } = require("events");
     const read = util.promisify(require("fs").readFile); function Mine() {} util.inherits(Mine, EventEmitter);
     exports.value = [typeof read, util.deprecate(() => 3)(), util.debuglog("x") === 1];`,
    ["function", 3, false],
  ],
  "import names": [
    `import { readFile, constants } from "fs"; export const value = typeof readFile + typeof constants.x;`,
    "functionfunction",
    true,
  ],
  "import the default": [
    `import fs from "fs"; export const value = typeof fs.readFile;`,
    "function",
    true,
  ],
  "import the namespace": [
    `import * as fs from "fs"; export const value = typeof fs.readFile;`,
    "function",
    true,
  ],
  "wait for it": [
    `export const value = import("fs").then((fs) => typeof fs.readFile);`,
    "function",
    true,
  ],
  "export it again": [`export { readFile as value } from "fs";`, undefined, true],
};

for (const [name, [code, expected, esm]] of Object.entries(HARMLESS)) {
  test(`a package may ${name} while it loads`, async () => {
    const use =
      expected === undefined
        ? "return typeof old.value === 'function' ? undefined : 1"
        : "return old.value";
    const sandbox = await sandboxOf(withPackage(code, use, esm));
    expect(JSON.parse(JSON.stringify((await sandbox.run(ID)) ?? null))).toEqual(expected ?? null);
  });
}

test("a class that extends a stand-in throws when it is constructed", async () => {
  const sandbox = await sandboxOf(
    withPackage(
      `const { Readable } = require("stream"); exports.Mine = class extends Readable {};`,
      "return new old.Mine()",
    ),
  );
  await expect(sandbox.run(ID)).rejects.toThrow(TEXT("stream"));
});

test("a package that brings its own module of that name, or maps it away, keeps it", async () => {
  const sandbox = await sandboxOf({
    "node_modules/events/package.json": `{ "name": "events", "main": "index.js" }`,
    "node_modules/events/index.js": `module.exports = class { on() { return "npm" } };`,
    "node_modules/old/package.json": `{ "name": "old", "main": "index.js", "browser": { "crypto": "./web.js", "fs": false } }`,
    "node_modules/old/web.js": `exports.random = () => 4;`,
    "node_modules/old/index.js": `
      const Events = require("events"); const crypto = require("crypto"); const fs = require("fs");
      exports.value = [new Events().on(), crypto.random(), Object.keys(fs).length];`,
    "workflows/a.ts": `import { value } from "old"; export async function a() { "use workflow"; return value }`,
  });
  expect(await sandbox.run(ID)).toEqual(["npm", 4, 0]);
});

test("a native addon or a stylesheet that a workflow reaches is an error in the app's own source", async () => {
  const errors = await errorsOf({
    "workflows/a.ts": `
import addon from "./fast.node";
import styles from "../a.css";
export async function a() { "use workflow"; return [addon(), styles.x] }`,
  });
  expect(errors.map(({ code, at }) => [code, at])).toEqual([
    ["FILE_NOT_SUPPORTED", "workflows/a.ts:3:1"],
    ["NODE_MODULE_IN_WORKFLOW", "workflows/a.ts:2:1"],
  ]);
  expect(errors[1]!.message).toContain('Cannot use the native addon "./fast.node"');
});

test("a native addon inside a package throws when it is called", async () => {
  const sandbox = await sandboxOf(
    withPackage(
      `const addon = require("./build/fast.node"); exports.go = () => addon.go();`,
      "return old.go()",
    ),
  );
  await expect(sandbox.run(ID)).rejects.toThrow("native addon");
});
