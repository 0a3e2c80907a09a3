/** One app in a monorepo, shipped in the four ways that people ship; each finds its bundle and ids. */
import { transformSync } from "@babel/core";
import { build as esbuild } from "esbuild";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { runCli } from "../../cli/run-cli";
import { checkRegistered } from "../../lib/build/check-registered";
import { findBundle } from "../../lib/build/find-bundle";
import type { Manifest } from "../../lib/contract/manifest";
import type { RegistryRecord } from "../../lib/contract/registry";
import { openSandbox } from "./run-bundle";
import { tempProject } from "./temp-project";

const PLUGIN = path.resolve("dist/babel-plugin/index.js");
const REGISTER = path.resolve("dist/lib/register.mjs");

const FILES = {
  "package.json": `{ "private": true, "workspaces": ["apps/*", "packages/*"] }`,
  "packages/orders/src/index.ts": `
export interface Order { id: string; amount: number }
export async function charge(order: Order): Promise<string> {
  "use step";
  return order.id + order.amount;
}
export async function refund(order: Order): Promise<string> {
  "use workflow";
  return charge({ ...order, amount: -order.amount });
}`,
  "apps/shop/package.json": `{ "name": "shop", "dependencies": { "@acme/orders": "*" } }`,
  "apps/shop/src/workflows/checkout.ts": `
import { createHash } from "node:crypto";
import { charge, refund, type Order } from "@acme/orders";
export const refundLater = refund;
async function sign(text: string): Promise<string> {
  "use step";
  return createHash("sha256").update(text).digest("hex");
}
export async function checkout(order: Order): Promise<string> {
  "use workflow";
  const audit = async (text: string) => { "use step"; return text + order.id };
  return (await audit(await charge(order))) + (await sign(order.id));
}`,
  "apps/shop/src/app.ts": `
import { checkout } from "./workflows/checkout";
const records = (globalThis as any)[Symbol.for("everstep.registry")];
console.log(JSON.stringify(records.map(({ kind, id, at }: any) => ({ kind, id, at }))));
if (typeof checkout !== "function") throw new Error("not there");`,
};

/** The package's sources are what the bundle is made of, its compiled code what Node runs. */
function monorepo(sourceOfPackage: string): string {
  const exports = { workflow: sourceOfPackage, default: "./dist/index.js" };
  const root = tempProject({
    ...FILES,
    "packages/orders/package.json": JSON.stringify({ name: "@acme/orders", exports }),
  });
  const scope = path.join(root, "apps/shop/node_modules/@acme");
  mkdirSync(scope, { recursive: true });
  symlinkSync(path.join(root, "packages/orders"), path.join(scope, "orders"));
  return root;
}

function forEachFile(from: string, to: string, compile: (code: string, file: string) => string) {
  const names = readdirSync(from, { recursive: true, encoding: "utf8" });
  for (const name of names.filter((each) => /\.[jt]s$/.test(each))) {
    const target = path.join(to, name.replace(/\.ts$/, ".js"));
    const code = compile(readFileSync(path.join(from, name), "utf8"), path.join(from, name));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
}

function babel(folder: string, from: string): void {
  forEachFile(path.join(folder, from), path.join(folder, "dist"), (code, filename) => {
    const isSource = filename.endsWith(".ts");
    const env = [require.resolve("@babel/preset-env"), { targets: { node: "20" } }];
    const presets = isSource ? [env, require.resolve("@babel/preset-typescript")] : [];
    const plugins = [PLUGIN];
    const options = { filename, presets, plugins, configFile: false, babelrc: false } as const;
    return transformSync(code, { ...options, presets: [...presets] })!.code!;
  });
}

function typescript(folder: string): void {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  forEachFile(path.join(folder, "src"), path.join(folder, "dist"), (code, fileName) => {
    return ts.transpileModule(code, { compilerOptions, fileName }).outputText;
  });
}

async function everstepBuild(cwd: string, ...entries: string[]): Promise<void> {
  const err: string[] = [];
  const terminal = { out: () => {}, err: (text: string) => err.push(text), cwd, env: {} };
  const exitCode = await runCli(["build", ...entries], terminal);
  expect([exitCode, err]).toEqual([0, []]);
}

/** A folder with what a deploy copies, and no sources. */
function deploy(root: string, ...names: string[]): string {
  const target = tempProject({});
  const app = path.join(root, "apps/shop");
  for (const name of ["package.json", ".well-known", ...names]) {
    cpSync(path.join(app, name), path.join(target, name), { recursive: true });
  }
  return target;
}

function deployPackage(root: string, target: string): void {
  for (const name of ["package.json", "dist"]) {
    const from = path.join(root, "packages/orders", name);
    cpSync(from, path.join(target, "node_modules/@acme/orders", name), { recursive: true });
  }
}

/** Runs the app elsewhere, as a service manager would, and compares it with the bundle it finds. */
async function expectSameIds(main: string, nodeOptions: string[] = []): Promise<Manifest> {
  const cwd = tempProject({});
  const output = execFileSync(process.execPath, [...nodeOptions, main], { cwd, encoding: "utf8" });
  const records = JSON.parse(output) as RegistryRecord[];
  const found = findBundle({ main, cwd, env: { NODE_ENV: "production" } });
  if (found.from !== "built") throw new Error("it found no bundle");
  const { manifest, bundle } = found;
  checkRegistered(manifest, records, { loaded: manifest.modules });
  const built = [...manifest.workflows, ...manifest.steps].map(({ id }) => id);
  expect([...new Set(records.map(({ id }) => id))].sort()).toEqual(built.sort());
  const sandbox = openSandbox(bundle.code, { step: ({ id }) => id.slice(-1) });
  const checkout = manifest.workflows.find(({ name }) => name === "checkout")!;
  expect(await sandbox.run(checkout.id, { id: "o", amount: 1 })).toBe("tn");
  return manifest;
}

async function builtWithBabel(): Promise<string> {
  const root = monorepo("./src/index.ts");
  babel(path.join(root, "packages/orders"), "src");
  babel(path.join(root, "apps/shop"), "src");
  await everstepBuild(path.join(root, "apps/shop"));
  return root;
}

test("(a) Babel from src to dist, deployed without src", async () => {
  const root = await builtWithBabel();
  const target = deploy(root, "dist");
  deployPackage(root, target);
  const { workflows } = await expectSameIds(path.join(target, "dist/app.js"));
  expect(workflows.map(({ id }) => id)).toEqual([
    "workflow//./src/index//refund",
    "workflow//./src/workflows/checkout//checkout",
  ]);
});

test("(b) tsc to dist and Babel on dist, deployed without src", async () => {
  const root = monorepo("./dist/index.js");
  const folders = ["packages/orders", "apps/shop"].map((name) => path.join(root, name));
  for (const folder of folders) typescript(folder);
  await everstepBuild(path.join(root, "apps/shop"), "dist");
  for (const folder of folders) babel(folder, "dist");
  const target = deploy(root, "dist");
  deployPackage(root, target);
  const { workflows } = await expectSameIds(path.join(target, "dist/app.js"));
  expect(workflows.map(({ id }) => id)).toEqual([
    "workflow//./dist/index//refund",
    "workflow//./dist/workflows/checkout//checkout",
  ]);
});

test("(c) everstep/register runs the sources as they are", async () => {
  const root = await builtWithBabel();
  await expectSameIds(path.join(root, "apps/shop/src/app.ts"), ["--import", REGISTER]);
});

test("(d) esbuild makes one file of Babel's output, deployed alone", async () => {
  const root = await builtWithBabel();
  const app = path.join(root, "apps/shop");
  await esbuild({
    entryPoints: [path.join(app, "dist/app.js")],
    outfile: path.join(app, "server/app.js"),
    bundle: true,
    platform: "node",
    minify: true,
    logLevel: "silent",
  });
  const target = deploy(root, "server");
  await expectSameIds(path.join(target, "server/app.js"));
});
