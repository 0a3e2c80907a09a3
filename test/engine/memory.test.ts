/** What a process keeps of runs that are over, or asleep: nothing (P9). */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT, tempApp } from "../replay/world";
import { isDeep } from "../toolchain/install";

const RUNS = isDeep ? 100_000 : 3_000;
const ASLEEP = isDeep ? 10_000 : 1_000;

const SOURCE = `
export async function add(a, b) { "use step"; return a + b; }
export async function quick(n) { "use workflow"; return add(n, 1); }
import { sleep } from "everstep";
export async function naps() { "use workflow"; await sleep("30 days"); }
`;

/** Prints the megabytes in use after a third of the runs, and after all; then with runs asleep. */
const PROGRAM = `
const [root, runs, asleep] = process.argv.slice(1);
const load = (file) => require(${JSON.stringify(path.join(ROOT, "dist"))} + "/" + file);
const source = require("node:fs").readFileSync(root + "/workflows/test.ts", "utf8");
const host = load("babel-plugin/transform.js").transformSource({
  code: source, filename: root + "/workflows/test.ts", mode: "host",
}).code;
new Function(host.replace(/^export /gm, "").replace(/^import .*$/gm, ""))();
const { start } = load("lib/api.js");
const id = (name) => ({ workflowId: "workflow//./workflows/test//" + name });
const world = load("embedded-world/index.js").createEmbeddedWorld({ dataDir: root + "/data" });
const runtime = load("lib/runtime.js").createRuntime({ world, root, log: () => undefined });
const used = () => { gc(); gc(); return Math.round(process.memoryUsage().rss / 1e6); };
async function many(count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await (await start(id("quick"), [left])).returnValue;
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}
(async () => {
  await runtime.start();
  const seen = [];
  await many(Math.ceil(runs / 3));
  seen.push(used());
  await many(Math.floor((runs * 2) / 3));
  seen.push(used());
  for (let n = 0; n < asleep; n++) await start(id("naps"));
  const last = await world.runs.list({ workflow: id("naps").workflowId, limit: 1 });
  while ((await world.runs.get(last.data[0].runId)).position < 3) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  seen.push(used(), timers);
  console.log(JSON.stringify(seen));
  await runtime.stop();
  await world.close();
})();
`;

test(
  `P9: the memory of a process is the same after ${RUNS} runs, and ${ASLEEP} sleeping ones cost next to nothing`,
  async () => {
    const root = tempApp({ "workflows/test.ts": SOURCE });
    const args = ["--expose-gc", "-e", PROGRAM, root, String(RUNS), String(ASLEEP)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const [early, late, asleep, timers] = JSON.parse(stdout) as [number, number, number, number];
    expect(late - early).toBeLessThan(40);
    // Far below what one context for each would take.
    expect(asleep - late).toBeLessThan(60);
    expect(timers).toBeLessThan(10);
  },
  isDeep ? 900_000 : 120_000,
);
