/** Contexts come and go with runs: what is dropped leaves nothing behind (I10, P9). */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { buildWorkflows } from "../../lib/build/build-workflows";
import { isDeep } from "../toolchain/install";
import { ROOT, tempApp, workflowId } from "./world";

const COUNT = isDeep ? 100_000 : 3_000;

const SOURCE = `
export async function work(n: number) { "use step"; return n }
export async function order() { "use workflow"; return Promise.race([work(1), work(2)]) }
`;

const DRIVER = `
const { compileBundle } = require(DIST + "/lib/replay/sandbox.js");
const { RunContext } = require(DIST + "/lib/replay/run-context.js");
const { createHostCodec } = require(DIST + "/lib/engine/host-codec.js");
const { globalsServices } = require(DIST + "/lib/engine/globals-services.js");
const input = createHostCodec().encode([], "workflow arguments");
const services = { ...globalsServices, environment() {}, print() {}, newToken: () => "t", computedMs: () => 0 };
const bundle = compileBundle(CODE, "hash");
const rss = [];
(async () => {
  for (let n = 1; n <= COUNT; n++) {
    const context = new RunContext({ bundle, services });
    context.apply({ type: "run_created", at: 0, runId: "wrun_" + n, workflow: WORKFLOW, bundle: "hash", input });
    context.apply({ type: "run_started", at: 0 });
    if (context.takeCommands().length !== 2) throw new Error("not suspended");
    if (n % 50 === 0) await new Promise(setImmediate);
    if (n % (COUNT / 10) === 0) { gc(); rss.push(process.memoryUsage().rss) }
  }
  console.log(JSON.stringify(rss));
})();
`;

test(`memory is flat over ${COUNT} contexts`, async () => {
  const root = tempApp({ "workflows/test.ts": SOURCE });
  const { bundle } = await buildWorkflows({ cwd: root });
  const values = {
    DIST: path.join(ROOT, "dist"),
    CODE: bundle.code,
    WORKFLOW: workflowId("order"),
    COUNT,
  };
  const header = Object.entries(values).map(
    ([key, value]) => `const ${key} = ${JSON.stringify(value)};`,
  );
  const file = path.join(root, "driver.cjs");
  writeFileSync(file, header.join("\n") + DRIVER);
  const output = execFileSync(process.execPath, ["--expose-gc", file], { encoding: "utf8" });
  const rss = JSON.parse(output) as number[];
  // The first tenths fill caches. A leak of a twentieth of a context would be seen.
  const growth = (rss.at(-1)! - rss[3]!) / (COUNT * 0.6);
  expect(growth).toBeLessThan(10_000);
}, 900_000);
