import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { createDevBundle } from "../../lib/build/dev-bundle";
import { openSandbox } from "./run-bundle";
import { tempProject, writeFiles } from "./temp-project";

function develop(files: Record<string, string>) {
  const root = tempProject(files);
  const dev = createDevBundle({ cwd: root });
  const run = async (id: string) => openSandbox((await dev.current()).bundle.code).run(id);
  return { root, dev, run };
}

const A = `import { word } from "../lib/word"; export async function a() { "use workflow"; return word }`;
const ID = "workflow//./workflows/a//a";

test("builds when it is first asked, and not again while nothing changes", async () => {
  const { dev } = develop({ "workflows/a.ts": A, "lib/word.ts": `export const word = "one";` });
  expect(await dev.current()).toBe(await dev.current());
});

test("an edit of a workflow, of a helper and of JSON is in the next answer", async () => {
  const { root, run } = develop({
    "workflows/a.ts": A,
    "lib/word.ts": `import data from "./data.json"; export const word = "one " + data.n;`,
    "lib/data.json": `{ "n": 1 }`,
  });
  expect(await run(ID)).toBe("one 1");
  writeFiles(root, { "lib/data.json": `{ "n": 22 }` });
  expect(await run(ID)).toBe("one 22");
  writeFiles(root, { "lib/word.ts": `export const word = "two!";` });
  expect(await run(ID)).toBe("two!");
  writeFiles(root, { "workflows/a.ts": A.replace("return word", `return "now " + word`) });
  expect(await run(ID)).toBe("now two!");
});

test("what is built after edits is what a fresh build makes", async () => {
  const { root, dev } = develop({
    "workflows/a.ts": A,
    "lib/word.ts": `export const word = "one";`,
  });
  await dev.current();
  writeFiles(root, {
    "lib/word.ts": `export const word = (() => { for (;;) return "two" })();`,
    "workflows/b.ts": `import { word } from "../lib/word"; export async function b() { "use workflow"; return word }`,
  });
  const fresh = createDevBundle({ cwd: root });
  const [edited, expected] = [await dev.current(), await fresh.current()];
  expect(edited.bundle.code).toBe(expected.bundle.code);
  expect(edited.bundle.map).toBe(expected.bundle.map);
  expect(edited.manifest).toEqual(expected.manifest);
});

test("a new workflow file is noticed, and one that is gone", async () => {
  const { root, dev, run } = develop({
    "workflows/a.ts": A,
    "lib/word.ts": `export const word = 1;`,
  });
  await dev.current();
  writeFiles(root, {
    "workflows/deep/b.ts": `export async function b() { "use workflow"; return "b" }`,
  });
  expect(await run("workflow//./workflows/deep/b//b")).toBe("b");
  rmSync(path.join(root, "workflows/a.ts"));
  const { manifest } = await dev.current();
  expect(manifest.workflows.map(({ name }) => name)).toEqual(["b"]);
});

test("a directive that is added to a file which was plain is noticed", async () => {
  const { root, dev } = develop({
    "workflows/a.ts": A,
    "lib/word.ts": `export const word = () => 1;`,
  });
  await dev.current();
  writeFiles(root, { "lib/word.ts": `export async function word() { "use step"; return 1 }` });
  expect((await dev.current()).manifest.steps.map(({ id }) => id)).toEqual([
    "step//./lib/word//word",
  ]);
});

test("broken sources are an error until they are in order again", async () => {
  const { root, dev, run } = develop({
    "workflows/a.ts": A,
    "lib/word.ts": `export const word = 1;`,
  });
  expect(await run(ID)).toBe(1);
  writeFiles(root, { "workflows/a.ts": A.replace("async", "") });
  await expect(dev.current()).rejects.toMatchObject({ code: "BUILD_FAILED" });
  await expect(dev.current()).rejects.toMatchObject({ code: "BUILD_FAILED" });
  writeFiles(root, { "workflows/a.ts": A.replace("return word", "return [word]") });
  expect(await run(ID)).toEqual([1]);
});

test("an import that is made good by a new file is an error no longer", async () => {
  const { root, dev, run } = develop({ "workflows/a.ts": A });
  await expect(dev.current()).rejects.toMatchObject({ code: "BUILD_FAILED" });
  writeFiles(root, { "lib/word.ts": `export const word = "here";` });
  expect(await run(ID)).toBe("here");
});

test("who asks while a build is under way sees what was written before the question", async () => {
  const { root, dev } = develop({
    "workflows/a.ts": A,
    "lib/word.ts": `export const word = "old";`,
  });
  const early = dev.current();
  writeFiles(root, { "lib/word.ts": `export const word = "new word";` });
  const late = dev.current();
  await early;
  expect((await late).bundle.code).toContain("new word");
});

test("a program that has built ends by itself", () => {
  const root = tempProject({ "workflows/a.ts": `export async function a() { "use workflow" }` });
  const dist = JSON.stringify(path.resolve("dist/lib/build/dev-bundle.js"));
  const program = `require(${dist}).createDevBundle({ cwd: ${JSON.stringify(root)} }).current().then((r) => console.log(r.manifest.workflows.length))`;
  const output = execFileSync(process.execPath, ["-e", program], {
    encoding: "utf8",
    timeout: 30_000,
  });
  expect(output).toBe("1\n");
});
