/**
 * The other end of watchdog.ts: sees that the main thread does not answer, says what holds it, notes
 * that with its run, and ends the process, so that another one can go on with everything else (R1).
 * scripts/build.mjs bundles it into watchdog-script.ts, since a thread is started from text.
 */
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { workerData } from "node:worker_threads";
import type { ThreadDoor, World } from "../contract/world";
import { BEAT, KIND, LENGTHS, STEP, type WatchdogData, WORKFLOW } from "./watchdog-data";

const { facts, texts, limitMs, door } = workerData as WatchdogData;

/** Looks while the main thread is silent; while the process is stopped, none goes by. */
const LOOKS = 20;
const STDERR = 2;

let lastBeat = -1;
let silentLooks = 0;

setInterval(() => {
  const beat = Atomics.load(facts, BEAT);
  if (beat !== lastBeat) {
    lastBeat = beat;
    silentLooks = 0;
  } else if (++silentLooks === LOOKS) {
    void end();
  }
}, limitMs / LOOKS);

async function end(): Promise<void> {
  const running = whatIsRunning();
  const what = running ? `${running.kind} "${running.name}"` : "something in this process";
  writeSync(
    STDERR,
    `[everstep] The process is ended: ${what} has blocked it for more than ${limitMs} ms\n`,
  );
  try {
    if (running?.kind === "workflow" && door) await open(door).dispatch.strike(running.runId);
  } catch {
    // The run is told apart by its claims then.
  }
  process.kill(process.pid, "SIGKILL");
}

function whatIsRunning() {
  const kind = Atomics.load(facts, KIND);
  if (kind !== WORKFLOW && kind !== STEP) return null;
  const length = Atomics.load(facts, LENGTHS + kind);
  // Text that is shared cannot be decoded in place.
  const [runId = "", name = ""] = Buffer.from(texts[kind].slice(0, length)).toString().split("\n");
  return { kind: kind === WORKFLOW ? "workflow" : "step", runId, name };
}

function open({ module, create, options }: ThreadDoor): World {
  const exports = createRequire(module)(module) as Record<string, (options: unknown) => World>;
  return exports[create]!(options);
}
