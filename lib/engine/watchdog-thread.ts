/**
 * The other end of watchdog.ts: sees that the main thread does not answer. At first it renews what that
 * cannot renew (E1). In the end it says what holds it, notes that with its run, and ends the process, so
 * that another one can go on with everything else (R1).
 * scripts/build.mjs bundles it into watchdog-script.ts, since a thread is started from text.
 */
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { workerData } from "node:worker_threads";
import type { ThreadDoor, World } from "../contract/world";
import {
  BEAT,
  KIND,
  LENGTHS,
  SESSION_LENGTH,
  STEP,
  threadTime,
  type WatchdogData,
  WORKFLOW,
} from "./watchdog-data";

const { facts, texts, session, renewedAt, limitMs, leaseMs, door } = workerData as WatchdogData;

/** Looks while the main thread is silent; while the process is stopped, none goes by. */
const LOOKS = 20;
const STDERR = 2;

/** Looks during a lease, and how many of them may find the main thread silent before it is helped. */
const LOOKS_OF_LEASE = 6;
const SILENT_LOOKS_OF_LEASE = 2;

let world: World | null = null;
let isRenewing = false;

if (limitMs !== Infinity) {
  whileSilent(limitMs / LOOKS, (looks) => {
    if (looks === LOOKS) void end();
  });
}
if (leaseMs !== Infinity && door) {
  whileSilent(leaseMs / LOOKS_OF_LEASE, (looks) => {
    if (looks >= SILENT_LOOKS_OF_LEASE) void renew(door);
  });
}

/** Calls with how many looks in a row have found that the main thread has not beaten. */
function whileSilent(everyMs: number, action: (looks: number) => void): void {
  let lastBeat = -1;
  let looks = 0;
  setInterval(() => {
    const beat = Atomics.load(facts, BEAT);
    looks = beat === lastBeat ? looks + 1 : 0;
    lastBeat = beat;
    if (looks > 0) action(looks);
  }, everyMs);
}

async function renew(at: ThreadDoor): Promise<void> {
  const length = Atomics.load(facts, SESSION_LENGTH);
  if (length === 0 || isRenewing) return;
  isRenewing = true;
  try {
    world ??= open(at);
    const asked = threadTime();
    const isKept = await world.dispatch.keep?.(Buffer.from(session.slice(0, length)).toString());
    if (isKept) renewedAt[0] = asked;
  } catch {
    // There are further looks before the lease is over.
  }
  isRenewing = false;
}

async function end(): Promise<void> {
  const running = whatIsRunning();
  const what = running ? `${running.kind} "${running.name}"` : "something in this process";
  writeSync(
    STDERR,
    `[everstep] The process is ended: ${what} has blocked it for more than ${limitMs} ms\n`,
  );
  try {
    if (running?.kind === "workflow" && door)
      await (world ?? open(door)).dispatch.strike(running.runId);
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
