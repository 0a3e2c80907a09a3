import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { buildWorkflows, type WorkflowBuildOptions } from "../../lib/build/build-workflows";
import { BuildError } from "../../lib/contract/error";
import { tempProject } from "./temp-project";

async function failureOf(options: WorkflowBuildOptions): Promise<BuildError> {
  const failure: unknown = await buildWorkflows(options).catch((error) => error);
  if (!BuildError.is(failure)) throw failure;
  return failure;
}

async function errorsOf(files: Record<string, string>, options: WorkflowBuildOptions = {}) {
  return (await failureOf({ cwd: tempProject(files), ...options })).errors;
}

test("every error of several broken files is reported at once (C077)", async () => {
  const failure = await failureOf({
    cwd: tempProject({
      "workflows/a.ts": `export function a() { "use workflow" }\nexport function b() { "use step" }`,
      "workflows/c.ts": `export async function c() { "use workflow";`,
      "workflows/d.ts": `import fs from "fs"; export async function d() { "use workflow"; fs.readFileSync("x") }`,
      "workflows/e.ts": `import { x } from "./missing"; export async function e() { "use workflow"; return x }`,
    }),
  });
  expect(failure.code).toBe("BUILD_FAILED");
  expect(failure.errors.map(({ code, at }) => [code, at?.split(":")[0]])).toEqual([
    ["FUNCTION_NOT_ASYNC", "workflows/a.ts"],
    ["FUNCTION_NOT_ASYNC", "workflows/a.ts"],
    ["SYNTAX_INVALID", "workflows/c.ts"],
    ["BUNDLE_FAILED", "workflows/e.ts"],
  ]);
  for (const { message } of failure.errors) expect(failure.message).toContain(message);
});

test("an error shows file, line and the code around it", async () => {
  const [error] = await errorsOf({
    "workflows/a.ts": `\nexport function a() {\n  "use workflow";\n}`,
  });
  expect(error!.message).toContain('Functions marked with "use workflow" must be async functions');
  expect(error!.at).toMatch(/^workflows\/a\.ts:2:/);
  expect(error!.message).toMatch(/> 2 \| export function a\(\) \{/);
  expect(error!.message).not.toContain("everstep-build-");
});

test("a syntax error has its place, in a file with directives and in one without", async () => {
  const [first] = await errorsOf({
    "workflows/a.ts": `export async function a() {\n  "use workflow";\n  const = 1;\n}`,
  });
  expect(first).toMatchObject({ code: "SYNTAX_INVALID", at: "workflows/a.ts:3:9" });
  expect(first!.message).toContain("> 3 |   const = 1;");
  const [second] = await errorsOf({
    "workflows/a.ts": `import { x } from "../x"; export async function a() { "use workflow"; return x }`,
    "x.ts": `export const x = 1;\nconst = 2;`,
  });
  expect(second).toMatchObject({ code: "SYNTAX_INVALID", at: "x.ts:2:7" });
  expect(second!.message).toContain("> 2 | const = 2;");
});

test("an import that leads nowhere is an error at the import", async () => {
  const [error] = await errorsOf({
    "workflows/a.ts": `\nimport { x } from "nowhere";\nexport async function a() { "use workflow"; return x }`,
  });
  expect(error).toMatchObject({ code: "BUNDLE_FAILED", at: "workflows/a.ts:2:19" });
  expect(error!.message).toContain('Could not resolve "nowhere"');
});

test("an entry that does not exist is named", async () => {
  const errors = await errorsOf({}, { entries: ["jobs", "./flows/a.ts"] });
  expect(errors.map(({ code, at }) => [code, at])).toEqual([
    ["ENTRY_NOT_FOUND", "jobs"],
    ["ENTRY_NOT_FOUND", "flows/a.ts"],
  ]);
});

test("a file that cannot be read is named", async () => {
  const root = tempProject({});
  mkdirSync(path.join(root, "workflows"));
  symlinkSync(path.join(root, "gone.ts"), path.join(root, "workflows/a.ts"));
  const { errors } = await failureOf({ cwd: root });
  expect(errors.map(({ code, at }) => [code, at])).toEqual([["FILE_UNREADABLE", "workflows/a.ts"]]);
});

test("two workflows or steps with one id are named with both places", async () => {
  const root = tempProject({
    "app/package.json": `{ "name": "app", "dependencies": { "lib": "*" } }`,
    "app/workflows/a.ts": `import { s } from "lib"; export async function a() { "use workflow"; await s() }`,
    "lib/package.json": `{ "name": "lib", "main": "workflows/a.ts" }`,
    "lib/workflows/a.ts": `export async function s() { "use step" }\nexport async function a() { "use workflow" }`,
  });
  mkdirSync(path.join(root, "app/node_modules"));
  symlinkSync(path.join(root, "lib"), path.join(root, "app/node_modules/lib"));
  const { errors } = await failureOf({ cwd: path.join(root, "app") });
  expect(errors.map(({ code }) => code)).toEqual(["ID_DUPLICATE"]);
  expect(errors[0]!.message).toContain("workflow//./workflows/a//a");
  expect(errors[0]!.message).toContain("../lib/workflows/a.ts:2 and workflows/a.ts:1");
  // With a root of its own the package has its name in its ids.
  const { manifest } = await buildWorkflows({ root: path.join(root, "app") });
  expect(manifest.workflows.map(({ id }) => id)).toEqual([
    "workflow//./workflows/a//a",
    "workflow//lib/workflows/a//a",
  ]);
});

test("a root that is no folder, or that does not hold the files, is refused", async () => {
  const root = tempProject({
    "workflows/a.ts": `export async function a() { "use workflow" }`,
    "inner/package.json": "{}",
  });
  await expect(buildWorkflows({ root: path.join(root, "nowhere") })).rejects.toMatchObject({
    code: "ROOT_OUTSIDE_PROJECT",
  });
  const { errors } = await failureOf({ root: path.join(root, "inner"), entries: ["../workflows"] });
  expect(errors.map(({ code }) => code)).toEqual(["ROOT_OUTSIDE_PROJECT"]);
  expect(errors[0]!.message).toMatch(/^The root /);
});
