/** User code that holds its process for ever, where no counter can stop it (R1, E1). */
import { spawn } from "node:child_process";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { getRun } from "../../lib/api";
import { ROOT } from "../replay/world";
import { openApp, startOf, until } from "./test-app";

const SOURCE = `
export async function length() { "use step"; return 45; }
export async function matches() {
  "use workflow";
  return /^(a+)+$/.test("a".repeat(await length()) + "!");
}
export async function spin() { "use step"; for (;;); }
export async function spins() { "use workflow"; await spin(); }
`;

/** Executes what is in the folder, with a limit that a test can wait for. */
const PROGRAM = `
const [root, dataDir] = process.argv.slice(1);
const load = (file) => require(${JSON.stringify(path.join(ROOT, "dist"))} + "/" + file);
const fs = require("node:fs");
const source = fs.readFileSync(root + "/workflows/test.ts", "utf8");
const host = load("babel-plugin/transform.js").transformSource({
  code: source, filename: root + "/workflows/test.ts", mode: "host",
}).code;
new Function(host.replace(/^export /gm, ""))();
const world = load("embedded-world/index.js").createEmbeddedWorld({ dataDir });
load("lib/runtime.js").createRuntime({ world, root, blockedLimitMs: 600 }).start();
`;

// Runs are started here while nobody executes, which is worth a warning.
beforeEach(() => void jest.spyOn(console, "warn").mockImplementation(() => undefined));

interface End {
  signal: string | null;
  stderr: string;
}

function execute(root: string, dataDir: string): Promise<End> {
  const child = spawn(process.execPath, ["-e", PROGRAM, root, dataDir], { stdio: "pipe" });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve) => child.on("exit", (_code, signal) => resolve({ signal, stderr })));
}

test("R1: a workflow that blocks its process ends it, and is parked by the next one", async () => {
  const app = await openApp(SOURCE, { limits: { turnMs: 500 } });
  await app.runtime.stop();
  const run = await startOf(app, "matches");
  const { signal, stderr } = await execute(app.root, path.join(app.root, "data"));
  expect(signal).toBe("SIGKILL");
  expect(stderr).toContain('workflow "workflow//./workflows/test//matches" has blocked it');
  await app.restart();
  const again = getRun(run.runId);
  await until(async () => (await again.explain()).includes("TURN_TIME_EXCEEDED"));
  await app.stop();
});

test("E1: a step that blocks its process is named, and other runs go on elsewhere", async () => {
  const app = await openApp(SOURCE);
  await app.runtime.stop();
  const run = await startOf(app, "spins");
  const dataDir = path.join(app.root, "data");
  const { signal, stderr } = await execute(app.root, dataDir);
  expect([signal, stderr]).toEqual([
    "SIGKILL",
    expect.stringContaining('step "step//./workflows/test//spin" has blocked it'),
  ]);
  const world = createEmbeddedWorld({ dataDir });
  expect(await getRun(run.runId, { world }).status).toBe("running");
  await world.close();
  await app.stop();
});
