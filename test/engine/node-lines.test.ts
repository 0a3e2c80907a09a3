/** Every scenario on every line of Node, in an app that everstep/register compiles (P4, P10). */
import { execFile } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { ROOT, tempApp } from "../replay/world";
import { nodeBinaries } from "../toolchain/install";
import { SCENARIO_SOURCE, SCENARIOS } from "./scenarios";

/** Runs the scenarios one after the other, and prints how each ended. */
const APP = `
import { resumeHook, start } from "everstep/api";
import { createRuntime } from "everstep/runtime";
import * as workflows from "./workflows/test.js";

const runtime = createRuntime({ log: () => undefined });
await runtime.start();
const ends = [];
for (const { workflow, payloads = [] } of JSON.parse(process.argv[2])) {
  const run = await start(workflows[workflow]);
  for (const payload of payloads) await send("talk:" + run.runId, payload);
  ends.push(await run.returnValue.catch((error) => error.cause.message));
}
await runtime.stop();
console.log(JSON.stringify(ends));

/** The hook is there when the run has come that far. */
async function send(token, payload) {
  for (;;) {
    try {
      return await resumeHook(token, payload);
    } catch (error) {
      if (error.code !== "HOOK_NOT_FOUND") throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
`;

test.each(nodeBinaries().map(({ version, path: node }) => [version, node] as const))(
  "Node %s runs all of them",
  async (_version, node) => {
    const root = tempApp({ "workflows/test.js": SCENARIO_SOURCE, "app.mjs": APP });
    const register = pathToFileURL(path.join(ROOT, "dist/lib/register.mjs")).href;
    const args = ["--import", register, path.join(root, "app.mjs"), JSON.stringify(SCENARIOS)];
    const { stdout } = await promisify(execFile)(node, args, { cwd: root });
    expect(JSON.parse(stdout)).toEqual(SCENARIOS.map(({ expected }) => expected));
  },
);
