import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { printedBy, program, removePrograms, write } from "./program";

afterAll(removePrograms);

/** Prints what `part.ts` says, and whether the compiler was loaded to find out. */
const app = `
  import { part } from "./part";
  const loaded = (name: string) => Object.keys(require.cache).some((file) => file.includes(name));
  console.log(JSON.stringify([part, loaded("node_modules/esbuild/"), loaded("@babel/core/")]));`;
const part = (text: string) =>
  `export const part: string = "${text}"; export async function f() { "use step"; }`;

function cachedProgram() {
  const folder = program({ "package.json": "{}", "app.cts": app, "part.ts": part("first") });
  return { folder, entries: () => entriesIn(path.join(folder, "node_modules/.cache")) };
}

function entriesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

// The program itself is CommonJS, so it sees what its own thread has loaded on every Node.
const requireOnly = { hooks: "--require" } as const;

test("what was compiled once is not compiled again", async () => {
  const { folder, entries } = cachedProgram();
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["first", true, true]]);
  expect(entries()).toHaveLength(2);
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["first", false, false]]);
});

test("a changed file is compiled again, and takes the place of the old one", async () => {
  const { folder, entries } = cachedProgram();
  await printedBy(folder, "app.cts", requireOnly);
  write(folder, "part.ts", part("second"));
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["second", true, true]]);
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["second", false, false]]);
  expect(entries()).toHaveLength(2);
});

test("changed settings of the project compile a file again", async () => {
  const { folder } = cachedProgram();
  await printedBy(folder, "app.cts", requireOnly);
  write(folder, "tsconfig.json", `{ "compilerOptions": { "useDefineForClassFields": false } }`);
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["first", true, true]]);
});

test("the same text in two places has two ids", async () => {
  const step = `export async function same() { "use step"; }`;
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "a.ts": step,
    "b/c.ts": step,
    "app.ts": `
      import "./a"; import "./b/c";
      const records = (globalThis as any)[Symbol.for("everstep.registry")];
      console.log(JSON.stringify(records.map((record: any) => record.id)));`,
  });
  const ids = ["step//./a//same", "step//./b/c//same"];
  expect(await printedBy(folder, "app.ts")).toEqual([ids]);
  expect(await printedBy(folder, "app.ts")).toEqual([ids]);
});

test("a renamed package compiles its files again, since ids are made from its name", async () => {
  const folder = program({
    "node_modules/pkg/package.json": `{ "name": "one" }`,
    "node_modules/pkg/index.js": `exports.f = async () => { "use step"; };`,
    "package.json": "{}",
    "app.ts": `
      import "pkg";
      console.log(JSON.stringify((globalThis as any)[Symbol.for("everstep.registry")][0].id));`,
  });
  expect(await printedBy(folder, "app.ts")).toEqual(["step//one/index//f"]);
  write(folder, "node_modules/pkg/package.json", `{ "name": "two" }`);
  expect(await printedBy(folder, "app.ts")).toEqual(["step//two/index//f"]);
});

test("damaged entries are ignored and replaced", async () => {
  const { folder, entries } = cachedProgram();
  await printedBy(folder, "app.cts", requireOnly);
  const damages: [oneEntry: Damage, otherEntry: Damage][] = [
    [() => "", (text) => text.slice(0, text.length / 2)],
    [() => "\0 not ours \n", (text) => text.replace("first", "other")],
  ];
  for (const pair of damages) {
    for (const [index, entry] of entries().sort().entries()) {
      writeFileSync(entry, pair[index]!(readFileSync(entry, "utf8")));
    }
    expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["first", true, true]]);
  }
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["first", false, false]]);
});

type Damage = (text: string) => string;

test("processes that start at once do not disturb each other", async () => {
  const { folder, entries } = cachedProgram();
  const all = await Promise.all(
    Array.from({ length: 4 }, () => printedBy(folder, "app.cts", requireOnly)),
  );
  expect(all.map(([printed]) => (printed as string[])[0])).toEqual(Array(4).fill("first"));
  expect(entries()).toHaveLength(2);
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["first", false, false]]);
});

test("without node_modules the cache is in the user's temporary folder", async () => {
  const { folder } = cachedProgram();
  rmSync(path.join(folder, "node_modules"), { recursive: true });
  const temporary = path.join(folder, "tmp");
  write(folder, "tmp/keep", "");
  const options = { ...requireOnly, env: { TMPDIR: temporary } };
  expect(await printedBy(folder, "app.cts", options)).toEqual([["first", true, true]]);
  expect(await printedBy(folder, "app.cts", options)).toEqual([["first", false, false]]);
  const [folderOfUser] = readdirSync(temporary).filter((name) => name.startsWith("everstep-"));
  expect(folderOfUser).toBeDefined();

  // Code is not taken from a folder that others can write to.
  chmodSync(path.join(temporary, folderOfUser!), 0o777);
  expect(await printedBy(folder, "app.cts", options)).toEqual([["first", true, true]]);
});

test("a program without directives never loads Babel", async () => {
  const folder = program({
    "package.json": "{}",
    "app.cts": app,
    "part.ts": `export const part: string = "plain";`,
  });
  expect(await printedBy(folder, "app.cts", requireOnly)).toEqual([["plain", true, false]]);
});

test("a JavaScript program without directives loads no compiler at all", async () => {
  const folder = program({
    "package.json": "{}",
    "app.js": `const require2 = require; const { part } = require("./part");
      const loaded = (name) => Object.keys(require.cache).some((file) => file.includes(name));
      console.log(JSON.stringify([part, loaded("node_modules/esbuild/"), loaded("@babel/core/")]));`,
    "part.js": `exports.part = "plain";`,
  });
  expect(await printedBy(folder, "app.js")).toEqual([["plain", false, false]]);
});
