import { nodeBinaries } from "../toolchain/install";
import { printedBy, program, removePrograms } from "./program";

const everyNode = nodeBinaries();

afterAll(removePrograms);

const everySyntax = `
  import type { Unused } from "./types-only";
  import { type AlsoUnused } from "./types-only";
  enum Color { Red, Green = "green" }
  const enum Size { Small = 1, Large = Small << 2 }
  namespace Shapes { export const sides = 4; export namespace Deep { export const inner = "deep"; } }
  class Base { constructor(public readonly name: string, protected count = 2) {} }
  class Thing extends Base {
    declare later: string;
    static instance = new Thing("static");
    #secret?: number = 3;
    accessor visible = 5;
    override toString(): string { return this.name + this.count + this.#secret! + this.visible; }
  }
  abstract class Abstract { abstract go(): void; }
  function over(value: string): string;
  function over(value: number): number;
  function over(value: string | number) { return value; }
  function assertIt(value: unknown): asserts value is string {}
  const generic = <T extends object>(value: T): keyof T => Object.keys(value)[0] as keyof T;
  const checked = { a: 1 } satisfies Record<string, number>;
  const tuple = [1, "two"] as const;
  let definite!: string;
  definite = <string>"angle";
  declare global { interface Window { app: string } }
  type Mapped = { [K in keyof typeof checked]?: \`x\${K}\` };
  assertIt(definite);
  console.log(JSON.stringify([Color[0], Color.Green, Size.Large, Shapes.Deep.inner, Shapes.sides,
    String(new Thing("thing")), Thing.name, Thing.instance.name, typeof Abstract, over(7),
    generic({ key: 1 }), checked.a, tuple[1], definite]));`;
const everySyntaxPrinted = [
  ["Red", "green", 4, "deep", 4, "thing235", "Thing", "static", "function", 7, "key", 1].concat([
    "two",
    "angle",
  ]),
];

test.each(everyNode)("TypeScript's own syntax runs ($version)", async ({ path }) => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "esm.mts": everySyntax,
    "cjs.cts": everySyntax,
    "types-only.ts": `throw new Error("imported for its types only");`,
  });
  expect(await printedBy(folder, "esm.mts", { node: path })).toEqual(everySyntaxPrinted);
  expect(await printedBy(folder, "cjs.cts", { node: path })).toEqual(everySyntaxPrinted);
});

test.each(everyNode)("using and await using dispose in order ($version)", async ({ path }) => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "plain.js": `
      export async function held(log) {
        "use step";
        using first = { [Symbol.dispose]: () => log.push("in a step") };
      }`,
    "app.ts": `
      import { held } from "./plain.js";
      const log: string[] = [];
      {
        using a = { [Symbol.dispose]: () => { log.push("a"); } };
        await using b = { [Symbol.asyncDispose]: async () => { log.push("b"); } };
      }
      await held(log);
      console.log(JSON.stringify(log));`,
  });
  expect(await printedBy(folder, "app.ts", { node: path })).toEqual([["b", "a", "in a step"]]);
});

test("import x = require() and export = work in both module systems", async () => {
  const folder = program({
    "package.json": `{ "name": "app" }`,
    "whole.cts": `class Whole { static kind = "whole"; } export = Whole;`,
    "cjs.cts": `import Whole = require("./whole.cjs"); console.log(JSON.stringify(Whole.kind));`,
    "esm.mts": `import Whole = require("./whole.cjs"); console.log(JSON.stringify(Whole.kind));`,
  });
  expect(await printedBy(folder, "cjs.cts")).toEqual(["whole"]);
  expect(await printedBy(folder, "esm.mts")).toEqual(["whole"]);
});

const decorated = (decorator: string) => `
  const seen: string[] = [];
  ${decorator}
  class Service { @mark value = 1; @mark method() {} }
  new Service();
  console.log(JSON.stringify(seen));`;

test("decorators follow experimentalDecorators", async () => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "now/app.ts": decorated(
      `function mark(value: unknown, context: { kind: string }) { seen.push(context.kind); }`,
    ),
    "then/tsconfig.json": `{ "compilerOptions": { "experimentalDecorators": true } }`,
    "then/app.ts": decorated(
      `function mark(target: object, key: string) { seen.push(typeof target + " " + key); }`,
    ),
  });
  expect(await printedBy(folder, "now/app.ts")).toEqual([["method", "field"]]);
  expect(await printedBy(folder, "then/app.ts")).toEqual([["object value", "object method"]]);
});

test("class fields follow useDefineForClassFields, also from a tsconfig that is extended", async () => {
  const code = `
    class Base { constructor() { (this as { set(v: number): void }).set(1); } set(v: number) {} }
    class Sub extends Base { field?: number; override set(v: number) { this.field = v; } }
    console.log(JSON.stringify(new Sub().field ?? null));`;
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "base.json": `{ "compilerOptions": { "useDefineForClassFields": false, } /* with a comment */ }`,
    "assign/tsconfig.json": `{ "extends": "../base.json" }`,
    "assign/app.ts": code,
    "define/app.ts": code,
  });
  expect(await printedBy(folder, "assign/app.ts")).toEqual([1]);
  expect(await printedBy(folder, "define/app.ts")).toEqual([null]);
});

test("JSX follows the tsconfig, and runs when the tsconfig leaves it to a bundler", async () => {
  const runtime = `export const jsx = (tag: string, props: object) => [tag, props];`;
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "node_modules/view/package.json": `{ "name": "view", "type": "module", "exports": { "./jsx-runtime": "./runtime.ts" } }`,
    "node_modules/view/runtime.ts": `${runtime} export const jsxs = jsx;`,
    "auto/tsconfig.json": `{ "compilerOptions": { "jsx": "preserve", "jsxImportSource": "view" } }`,
    "auto/app.tsx": `console.log(JSON.stringify(<a b={1 as number} />));`,
    "classic/tsconfig.json": `{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }`,
    "classic/app.jsx": `const h = (...all) => all; console.log(JSON.stringify(<a b={1}>c</a>));`,
  });
  expect(await printedBy(folder, "auto/app.tsx")).toEqual([["a", { b: 1 }]]);
  expect(await printedBy(folder, "classic/app.jsx")).toEqual([["a", { b: 1 }, "c"]]);
});

test("verbatimModuleSyntax keeps an import that nothing uses", async () => {
  const folder = program({
    "package.json": `{ "name": "app", "type": "module" }`,
    "loud.ts": `console.log('"loaded"'); export const unused = 1;`,
    "kept/tsconfig.json": `{ "compilerOptions": { "verbatimModuleSyntax": true } }`,
    "kept/app.ts": `import { unused } from "../loud.js";`,
    "dropped/app.ts": `import { unused } from "../loud.js";`,
  });
  expect(await printedBy(folder, "kept/app.ts")).toEqual(["loaded"]);
  expect(await printedBy(folder, "dropped/app.ts")).toEqual([]);
});
