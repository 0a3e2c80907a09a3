import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { buildWorkflows } from "../../lib/build/build-workflows";
import { checkRegistered } from "../../lib/build/check-registered";
import { findBundle } from "../../lib/build/find-bundle";
import { writeBuild } from "../../lib/build/write-build";
import { BundleError, NotCompiledError } from "../../lib/contract/error";
import { MANIFEST_FOLDER, type Manifest } from "../../lib/contract/manifest";
import type { RegistryRecord } from "../../lib/contract/registry";
import { tempProject, writeFiles } from "./temp-project";

const SOURCE = { "workflows/a.ts": `export async function a() { "use workflow"; return 1 }` };
const MANIFEST = `${MANIFEST_FOLDER}/manifest.json`;

async function built(): Promise<string> {
  const root = tempProject(SOURCE);
  writeBuild(await buildWorkflows({ root }), path.join(root, MANIFEST_FOLDER));
  return root;
}

function errorOf(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    expect(BundleError.is(error) || NotCompiledError.is(error)).toBe(true);
    return error as BundleError;
  }
  throw new Error("it did not throw");
}

test("finds the manifest below the root, from the main script and from the working directory", async () => {
  const root = await built();
  const elsewhere = tempProject({});
  const main = path.join(root, "dist/deep/main.js");
  for (const options of [
    { root, cwd: elsewhere },
    { main, cwd: elsewhere },
    { main: path.join(elsewhere, "x.js"), cwd: path.join(root, "src") },
  ]) {
    const found = findBundle({ env: {}, ...options });
    expect(found).toMatchObject({ from: "built", root, file: path.join(root, MANIFEST) });
    if (found.from === "built") {
      expect(found.bundle.code).toContain("everstep bundle");
      expect(JSON.parse(found.bundle.map)).toMatchObject({ version: 3 });
    }
  }
});

test("a main script of an installed package, such as a test runner, does not count (F2)", async () => {
  const root = await built();
  const elsewhere = tempProject(SOURCE);
  for (const main of ["node_modules/.bin/jest", "node_modules/@x/runner/worker.js"]) {
    const found = findBundle({ env: {}, main: path.join(root, main), cwd: elsewhere });
    expect(found).toEqual({ from: "sources", root: elsewhere });
  }
  const main = path.join(elsewhere, "node_modules/vitest/vitest.mjs");
  expect(findBundle({ env: {}, main, cwd: path.join(root, "src") })).toMatchObject({ root });
});

test("tests are of the sources, unless a bundle is named (F5)", async () => {
  const root = await built();
  expect(findBundle({ root, env: {}, isTest: true })).toEqual({ from: "sources", root });
  const env = { WORKFLOW_BUNDLE: path.join(root, MANIFEST), NODE_ENV: "production" };
  expect(findBundle({ root, env, isTest: true })).toMatchObject({ from: "built" });
});

test("a named bundle comes before everything else: option, then WORKFLOW_BUNDLE, file or folder", async () => {
  const [first, second] = [await built(), await built()];
  const env = { WORKFLOW_BUNDLE: path.join(first, MANIFEST) };
  expect(findBundle({ env, root: second })).toMatchObject({ file: path.join(first, MANIFEST) });
  const bundle = path.join(second, MANIFEST_FOLDER);
  expect(findBundle({ env, bundle })).toMatchObject({ file: path.join(second, MANIFEST) });
  expect(errorOf(() => findBundle({ env: { WORKFLOW_BUNDLE: "nowhere" } })).code).toBe(
    "BUNDLE_NOT_FOUND",
  );
});

test("without a manifest the sources are used, but never in production", () => {
  const root = tempProject(SOURCE);
  expect(findBundle({ root, env: {} })).toEqual({ from: "sources", root });
  const error = errorOf(() => findBundle({ root, env: { NODE_ENV: "production" } }));
  expect(error.code).toBe("BUNDLE_NOT_FOUND");
  expect(error.message).toContain("npx everstep build");
});

test("a manifest that cannot be relied on is refused, with the reason", async () => {
  const root = await built();
  const file = path.join(root, MANIFEST);
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  const reasonWith = (text: string) => {
    writeFiles(root, { [MANIFEST]: text });
    const { code, message } = errorOf(() => findBundle({ root, env: {} }));
    expect(code).toBe("MANIFEST_INVALID");
    return message;
  };
  expect(reasonWith("{")).toContain("it is not JSON");
  expect(reasonWith("null")).toContain("its version is undefined");
  expect(reasonWith(JSON.stringify({ ...manifest, version: 9 }))).toContain("its version is 9");
  expect(reasonWith(JSON.stringify({ ...manifest, prelude: 9 }))).toContain("built for prelude 9");
  expect(reasonWith(JSON.stringify({ ...manifest, steps: undefined }))).toContain("missing");
  const gone = { ...manifest.bundle, file: "gone.js" };
  expect(reasonWith(JSON.stringify({ ...manifest, bundle: gone }))).toContain("names gone.js");
  writeFiles(root, { [`${MANIFEST_FOLDER}/${manifest.bundle.file}`]: "({})" });
  expect(reasonWith(JSON.stringify(manifest))).toContain("is not the bundle");
});

test("a build that replaces another leaves one bundle and no temporary file", async () => {
  const root = await built();
  writeFiles(root, { "workflows/b.ts": `export async function b() { "use workflow" }` });
  const build = await buildWorkflows({ root });
  const folder = path.join(root, MANIFEST_FOLDER);
  writeBuild(build, folder);
  const { file, map } = build.manifest.bundle;
  expect(readdirSync(folder).sort()).toEqual([file, map, "manifest.json"].sort());
  expect(findBundle({ root, env: {} })).toMatchObject({ from: "built", manifest: build.manifest });
});

async function manifestOf(files: Record<string, string>): Promise<Manifest> {
  return (await buildWorkflows({ cwd: tempProject(files) })).manifest;
}

function registered(id: string): RegistryRecord {
  return { kind: "workflow", id, fn: () => undefined, at: "src/a.ts:1" };
}

test("a registered workflow that the build names otherwise shows both ids and the command", async () => {
  const manifest = await manifestOf({ ...SOURCE, "workflows/z.ts": SOURCE["workflows/a.ts"] });
  const { code, message } = errorOf(() =>
    checkRegistered(manifest, [registered("workflow//./dist/workflows/a//a")]),
  );
  expect(code).toBe("WORKFLOW_NOT_IN_MANIFEST");
  expect(message).toContain("workflow//./dist/workflows/a//a (src/a.ts:1)");
  expect(message).toContain("workflow//./workflows/a//a\n");
  expect(message).toContain("npx everstep build");
});

test("a registered workflow that the build does not know at all is an error too", async () => {
  const manifest = await manifestOf(SOURCE);
  const error = errorOf(() => checkRegistered(manifest, [registered("workflow//./x//unknown")]));
  expect(error.code).toBe("WORKFLOW_NOT_IN_MANIFEST");
  expect(error.message).toContain("no workflow of that name");
});

test("a workflow whose module was loaded and that did not register was not compiled", async () => {
  const manifest = await manifestOf(SOURCE);
  const loaded = ["workflows/a.ts"];
  const { code, message } = errorOf(() => checkRegistered(manifest, [], { loaded }));
  expect(code).toBe("NOT_COMPILED");
  expect(message).toContain("workflows/a.ts:1");
  checkRegistered(manifest, []);
  checkRegistered(manifest, [registered("workflow//./workflows/a//a")], { loaded });
});
