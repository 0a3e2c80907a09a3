/**
 * A worker of the campaign: it executes what there is, and starts the runs that it is told to, one a
 * line. What it says is written at once, so that a kill takes none of it back.
 */
const fs = require("node:fs");
const path = require("node:path");
const { createInterface } = require("node:readline");
const { Worker } = require("node:worker_threads");

const { root, dist, url, prefix, leaseMs, file } = JSON.parse(process.argv[2]);
const load = (name) => require(path.join(dist, name));
const { createRedisWorld } = load("redis-world/index.js");
const { createRuntime } = load("lib/runtime.js");
const { start } = load("lib/api.js");

/** How long what runs may go on when this process is asked to end: shorter than many steps take. */
const GRACE_MS = 100;

const say = (message) => fs.writeSync(1, `${JSON.stringify(message)}\n`);
/** Milliseconds on a clock that all processes of this machine share, and that nobody sets. */
const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;
const output = fs.openSync(file, "a");
const note = (line) => fs.writeSync(output, `${JSON.stringify({ ...line, at: now() })}\n`);

/** What step bodies do: they say that they begin, take their time, and say how they end. */
globalThis.campaign = {
  async body(
    label,
    { stepId, attempt, signal },
    { workflowRunId: runId },
    { ms, fails, work, blocks },
  ) {
    const about = { runId, stepId, attempt, label };
    note({ what: "began", ...about });
    try {
      if (blocks) block(ms);
      else await (work ? work() : pause(ms, signal));
      if (attempt <= fails) throw new Error(`not yet ${label}`);
    } catch (error) {
      note({ what: "ended", ...about, how: signal.aborted ? "aborted" : "threw" });
      throw error;
    }
    note({ what: "ended", ...about, how: signal.aborted ? "aborted" : "returned" });
    return label;
  },
  pause,
};

function block(ms) {
  const until = now() + ms;
  while (now() < until);
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/**
 * A process that did not get to run was stopped, as far as anyone can tell. A main thread that is
 * blocked is something else: its process goes on, and keeps what it has (E1).
 */
const STALLS = `
  const fs = require("node:fs");
  const { workerData: file } = require("node:worker_threads");
  const output = fs.openSync(file, "a");
  const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;
  let from = now();
  setInterval(() => {
    const at = now();
    const line = { what: "stalled", from, at };
    if (at - from > 300) fs.writeSync(output, JSON.stringify(line) + "\\n");
    from = at;
  }, 50);
`;
new Worker(STALLS, { eval: true, workerData: file }).unref();

const workflows = require(path.join(root, "host.cjs"));

async function begin({ runId, name, args }) {
  try {
    await start(workflows[name], args, { id: runId });
    say({ acknowledged: runId });
  } catch (error) {
    say({ refused: runId, why: String(error && error.message) });
  }
}

(async () => {
  const world = createRedisWorld({ url, prefix, leaseMs });
  const log = (level, message) => say({ said: `${level}: ${message}` });
  const runtime = createRuntime({ world, root, log, handlesSignals: false });
  try {
    await runtime.start();
  } catch (error) {
    // Whoever cannot begin says so and ends, and is begun again.
    say({ said: `start: ${String(error && error.message)}` });
    process.exit(3);
  }
  process.once("SIGTERM", async () => {
    await runtime.stop({ graceMs: GRACE_MS });
    await world.close();
    process.exit(0);
  });
  say({ ready: true, guarantee: runtime.guarantee });
  for await (const line of createInterface(process.stdin)) void begin(JSON.parse(line));
})();
