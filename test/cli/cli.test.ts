import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { runCli } from "../../cli/run-cli";
import { findBundle } from "../../lib/build/find-bundle";
import { tempProject } from "../build/temp-project";

async function cli(cwd: string, args: string[], env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { out: out.push.bind(out), err: err.push.bind(err), cwd, env };
  const exitCode = await runCli(args, terminal);
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}

const SOURCE = {
  "src/workflows/a.ts": `export async function a(n: number) { "use workflow"; return n }`,
};
const FOLDER = ".well-known/workflow/v1";

test("build writes bundle, map and manifest, and says what it found", async () => {
  const root = tempProject(SOURCE);
  const { exitCode, out } = await cli(path.join(root, "src"), ["build"]);
  expect(exitCode).toBe(0);
  expect(out).toContain("1 workflow, 0 steps");
  expect(out).toContain("workflow//./src/workflows/a//a  src/workflows/a.ts:1");
  expect(readdirSync(path.join(root, FOLDER))).toHaveLength(3);
  expect(findBundle({ root, env: { NODE_ENV: "production" } })).toMatchObject({ from: "built" });
});

test("build takes a root, a place to write to, and entries", async () => {
  const root = tempProject({
    "app/jobs/b.ts": `export async function b() { "use workflow" }`,
    "app/jobs/c.ts": `export async function c() { "use workflow" }`,
  });
  const args = ["build", "--root", "app", "--out", "out", "jobs/b.ts"];
  const { exitCode, out } = await cli(root, args);
  expect([exitCode, out]).toEqual([0, expect.stringContaining("workflow//./jobs/b//b")]);
  expect(out).not.toContain("//c");
  expect(existsSync(path.join(root, "out/manifest.json"))).toBe(true);
});

test("a build that fails shows every error, writes nothing and exits with 1", async () => {
  const root = tempProject({
    "workflows/a.ts": `export function a() { "use workflow" }`,
    "workflows/b.ts": `export async function b() { "use step"`,
  });
  const { exitCode, err } = await cli(root, ["build"]);
  expect(exitCode).toBe(1);
  expect(err).toContain("The build found 2 errors.");
  expect(err).toContain("workflows/a.ts:1:8");
  expect(err).toContain("> 1 | export function a()");
  expect(err).toContain("workflows/b.ts:1:");
  expect(err).not.toMatch(/^\s+at /m);
  expect(existsSync(path.join(root, FOLDER))).toBe(false);
});

test("a build that cannot be written says so and leaves nothing behind", async () => {
  const root = tempProject({ ...SOURCE, taken: "", "out/manifest.json/in-the-way": "" });
  const noFolder = await cli(root, ["build", "--out", "taken"]);
  expect([noFolder.exitCode, noFolder.err]).toEqual([1, expect.stringContaining("/taken")]);
  const noManifest = await cli(root, ["build", "--out", "out"]);
  expect(noManifest.err).toMatch(/OUTPUT_UNWRITABLE/);
  expect(readdirSync(path.join(root, "out")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("DEBUG shows the stack of an error", async () => {
  const { err } = await cli(tempProject({}), ["build", "nowhere"], { DEBUG: "everstep" });
  expect(err).toMatch(/^\s+at /m);
});

test("inspect-file prints the code of each mode, and a file without directives as it is", async () => {
  const root = tempProject({ ...SOURCE, "plain.ts": "export const x: number = 1;" });
  const inspect = async (...args: string[]) => (await cli(root, ["inspect-file", ...args])).out;
  const file = "src/workflows/a.ts";
  expect(await inspect(file)).toContain('"workflow//./src/workflows/a//a"');
  expect(await inspect(file, "--mode", "workflow")).toContain("return n");
  expect(await inspect(file, "--mode=client")).toContain("You attempted to execute workflow a");
  expect(await inspect(file, "--root", "src")).toContain('"workflow//./workflows/a//a"');
  expect(await inspect("plain.ts")).toBe("export const x: number = 1;");
});

test("inspect-file shows what is wrong with a file", async () => {
  const root = tempProject({ "a.ts": `export function a() { "use step" }` });
  const { exitCode, err } = await cli(root, ["inspect-file", "a.ts"]);
  expect([exitCode, err]).toEqual([1, expect.stringContaining("FUNCTION_NOT_ASYNC")]);
  expect((await cli(root, ["inspect-file", "b.ts"])).err).toContain('"b.ts" does not exist');
});

test("wrong usage is refused with what would be right", async () => {
  const root = tempProject(SOURCE);
  for (const [args, text] of [
    [["bild"], 'Unknown command "bild"'],
    [["build", "--rot", "x"], "Usage: everstep build"],
    [["inspect-file"], "Name one file."],
    [["inspect-file", "a.ts", "--mode", "sandbox"], "the modes are host, step, workflow, client"],
  ] as const) {
    const { exitCode, err } = await cli(root, [...args]);
    expect([exitCode, err]).toEqual([1, expect.stringContaining(text)]);
    expect(err).toContain("USAGE_INVALID");
  }
});

test("help and version", async () => {
  const root = tempProject({});
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect((await cli(root, ["--version"])).out).toBe(version);
  expect((await cli(root, ["--help"])).out).toContain("inspect-file");
  expect((await cli(root, [])).out).toContain("Usage: everstep <command>");
  expect((await cli(root, ["build", "--help"])).out).toContain("--out <dir>");
});

test("the installed command runs as a process of its own and ends", () => {
  const root = tempProject(SOURCE);
  const main = path.resolve("dist/cli/main.js");
  const output = execFileSync(process.execPath, [main, "build"], { cwd: root, encoding: "utf8" });
  expect(output).toContain("1 workflow");
});
