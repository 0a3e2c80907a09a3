/** Runs of a workflow in a process of their own, which may end by what they do. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { buildWorkflows } from "../../lib/build/build-workflows";
import { ROOT, tempApp } from "./world";

const HEADER = `
const { compileBundle } = require(DIST + "/lib/replay/sandbox.js");
const { RunContext } = require(DIST + "/lib/replay/run-context.js");
const { eventOf } = require(DIST + "/lib/replay/created-events.js");
const { createHostCodec } = require(DIST + "/lib/engine/host-codec.js");
const { globalsServices } = require(DIST + "/lib/engine/globals-services.js");
const codec = createHostCodec();
const services = {
  ...globalsServices, environment() {}, print() {}, newToken: () => "t", computedMs: () => performance.now(),
};
const bundle = compileBundle(CODE, "hash");
/** The two events with which a run begins. */
function begin(workflow, options) {
  const context = new RunContext({ bundle, services, ...options });
  const input = codec.encode([], "workflow arguments");
  context.apply({ type: "run_created", at: 0, runId: "wrun_a", workflow, bundle: "hash", input });
  context.apply({ type: "run_started", at: 0 });
  return context;
}
`;

export interface Child {
  /** The source of the workflows. */
  source: string;
  /** What the process does; it finds `begin` and the constants. */
  driver: string;
  constants: Record<string, unknown>;
  flags: string[];
}

/** What the process printed; throws if it ended otherwise. */
export async function runChild({ source, driver, constants, flags }: Child): Promise<string> {
  const root = tempApp({ "workflows/test.ts": source });
  const { bundle } = await buildWorkflows({ cwd: root });
  const values = { DIST: path.join(ROOT, "dist"), CODE: bundle.code, ...constants };
  const lines = Object.entries(values).map(
    ([key, value]) => `const ${key} = ${JSON.stringify(value)};`,
  );
  const file = path.join(root, "driver.cjs");
  writeFileSync(file, lines.join("\n") + HEADER + driver);
  return execFileSync(process.execPath, [...flags, file], { encoding: "utf8", stdio: "pipe" });
}
