/** The plugin in a user's own Babel build: one pass, together with presets that drop and rename. */
import { transformSync } from "@babel/core";
import everstepPlugin from "../../babel-plugin";
import { fixturePath } from "./compile";

function build(code: string, presets: [string, object][], file = "input.ts"): string {
  const result = transformSync(code, {
    filename: fixturePath(file),
    configFile: false,
    babelrc: false,
    presets: presets.map(([name, options]) => [require.resolve(name), options]),
    plugins: [[everstepPlugin, {}]],
  });
  return result?.code ?? "";
}

const TYPESCRIPT: [string, object] = ["@babel/preset-typescript", {}];
const OLD_BROWSERS: [string, object] = ["@babel/preset-env", { targets: { ie: "11" } }];
const COMMONJS: [string, object] = [
  "@babel/preset-env",
  { targets: { node: "20" }, modules: "cjs" },
];

test("the TypeScript preset keeps an import that only a workflow body used, for its effects", () => {
  const code = build(
    `import { db } from "./db";
     import { Client } from "./client";
     import type { Row } from "./row";
     import { unused } from "./unused";
     export async function order(row: Row) { "use workflow"; return new Client(db); }
     export const later = (client: Client) => client;`,
    [TYPESCRIPT],
  );
  expect(code).toContain('import "./db"');
  expect(code).toContain('import "./client"');
  expect(code).not.toContain("./row");
  expect(code).not.toContain("./unused");
});

test("registrations follow a rename by another plugin", async () => {
  const code = build(
    `export async function charge(n) { "use step"; return n + 1; }
     export class Mailer { static async send(n) { "use step"; return n; } }
     export default async () => { "use workflow"; };`,
    [COMMONJS],
    "input.js",
  );
  const module = { exports: {} as Record<string, { stepId?: string; workflowId?: string }> };
  const run = new Function("module", "exports", code) as (...args: unknown[]) => void;
  run(module, module.exports);
  expect(module.exports.charge?.stepId).toBe("step//./input//charge");
  expect(module.exports.default?.workflowId).toBe("workflow//./input//default");
});

test("output survives being lowered for old engines", () => {
  const code = build(
    `export async function charge({ n }: { n: number }) { "use step"; return n; }
     export async function order(n: number) {
       "use workflow";
       for (const i of [1]) { const add = async () => { "use step"; return i + n; }; await add(); }
     }`,
    [OLD_BROWSERS, TYPESCRIPT],
  );
  expect(code).toContain('"step//./input//order/add"');
  expect(() => new Function("exports", "require", code)).not.toThrow();
});

test("ids are those of the source whatever other plugins do to the names", () => {
  const code = build(`const charge = async () => { "use step"; };`, [OLD_BROWSERS], "input.js");
  expect(code).toContain('"step//./input//charge"');
});
