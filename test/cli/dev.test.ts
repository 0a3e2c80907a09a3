/** `everstep dev`: the real command, a real app, files that change. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { tempApp } from "../replay/world";

const workflow = (greeting: string, first: string) => `
import { createHook } from "everstep";
export async function ask(text: string): Promise<string> { "use step"; return text; }
export async function other(text: string): Promise<string> { "use step"; return text; }
export async function greet() {
  "use workflow";
  const name = await ${first}("Ada");
  await createHook({ token: "go" });
  return \`${greeting}, \${name}\`;
}`;
const APP = `
import { start } from "everstep/api";
import { createRuntime } from "everstep/runtime";
import { greet } from "./workflows/greet.ts";

const runtime = createRuntime({ log: () => undefined });
await runtime.start();
const run = await start(greet, [], { id: "the-run" });
for (const line of process.argv.slice(2)) console.log(line);
for (let last = ""; ; ) {
  const why = await run.explain();
  if (why !== last) console.log((last = why));
  await new Promise((resolve) => setTimeout(resolve, 5));
}
`;

let child: ChildProcessWithoutNullStreams;
let said = "";
let onSaid = () => {};

afterEach(async () => {
  if (child.exitCode !== null) return;
  const isOver = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await isOver;
});

function dev(root: string, ...args: string[]): void {
  said = "";
  const main = path.resolve("dist/cli/main.js");
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "development" };
  child = spawn(process.execPath, [main, "dev", ...args], { cwd: root, env });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      onSaid();
    });
  }
}

/** What was said up to that, which is not heard again. */
function hears(text: string): Promise<string> {
  return new Promise((resolve) => {
    onSaid = () => {
      const at = said.indexOf(text);
      if (at === -1) return;
      const heard = said.slice(0, at + text.length);
      said = said.slice(at + text.length);
      resolve(heard);
    };
    onSaid();
  });
}

function change(root: string, source: string): void {
  writeFileSync(path.join(root, "workflows/greet.ts"), source);
}

function project(): string {
  return tempApp({
    "package.json": '{ "type": "module" }',
    "app.ts": APP,
    "workflows/greet.ts": workflow("Hello", "ask"),
  });
}

test("an app is run from its sources, and again when a file changes; runs keep their code", async () => {
  const root = project();
  dev(root, "app.ts", "--loud");
  expect(await hears('token "go"')).toContain("--loud");
  change(root, workflow("Good morning", "other"));
  await hears("workflows/greet.ts has changed");
  expect(await hears('token "go"')).not.toContain("REPLAY_DIVERGED");
});

test("--latest moves runs in flight to the code as it is now, and says where it does not fit", async () => {
  const root = project();
  dev(root, "--latest", "app.ts");
  await hears('token "go"');
  change(root, workflow("Good morning", "other"));
  await hears("REPLAY_DIVERGED");
  const why = await hears(".");
  expect(why).toContain('step "ask"');
  expect(why).toContain('step "other"');
  change(root, workflow("Good evening", "ask"));
  await hears("has changed");
  await hears('token "go"');
});

test("an app that ends is started again by the next change, and a signal ends all", async () => {
  const root = tempApp({
    "package.json": '{ "type": "module" }',
    "app.ts": "console.log(1 as number)",
  });
  dev(root, "app.ts");
  await hears("The app ended with code 0");
  writeFileSync(
    path.join(root, "app.ts"),
    "const two: number = 2; setInterval(() => {}, 1000); console.log('two', two)",
  );
  await hears("two 2");
  const isOver = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await isOver).toBe(0);
});

test("a file that is not there is refused", async () => {
  dev(project(), "nowhere.ts");
  await hears('"nowhere.ts" does not exist');
});
