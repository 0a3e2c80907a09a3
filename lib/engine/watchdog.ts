/**
 * Watches over the main thread from a thread of its own: user code that never comes to rest, where no
 * counter can stop it, would hold all runs of this process (R1, E1).
 */
import { Worker } from "node:worker_threads";
import type { ThreadDoor } from "../contract/world";
import {
  BEAT,
  FACTS,
  KIND,
  LENGTHS,
  NOTHING,
  STEP,
  type WatchdogData,
  WORKFLOW,
} from "./watchdog-data";
import { WATCHDOG_SCRIPT } from "./watchdog-script";

const LONGEST_TEXT = 1_024;
/** Beats while the main thread may be silent. */
const BEATS = 40;

export class Watchdog {
  private readonly facts = new Int32Array(new SharedArrayBuffer(FACTS * 4));
  private readonly texts = { [WORKFLOW]: sharedText(), [STEP]: sharedText() };
  private readonly said = {
    [WORKFLOW]: { runId: "", name: "" },
    [STEP]: { runId: "", name: "" },
  };
  private readonly encoder = new TextEncoder();
  private worker: Worker | null = null;
  private beat: NodeJS.Timeout | null = null;

  /** Without a limit there is nothing to watch. */
  start(limitMs: number, door: ThreadDoor | undefined): void {
    if (limitMs === Infinity) return;
    const { facts, texts } = this;
    const workerData: WatchdogData = { facts, texts, limitMs, door };
    this.worker = new Worker(WATCHDOG_SCRIPT, { eval: true, workerData });
    this.worker.unref();
    // Without it a run that blocks is found out by its claims, later.
    this.worker.on("error", () => undefined);
    this.beat = setInterval(() => Atomics.add(this.facts, BEAT, 1), limitMs / BEATS);
    this.beat.unref();
  }

  stop(): void {
    if (this.beat) clearInterval(this.beat);
    void this.worker?.terminate();
  }

  /** Workflow code of this run is entered; `leave` follows. */
  enterWorkflow(runId: string, workflow: string): void {
    this.enter(WORKFLOW, runId, workflow);
  }

  /** A step body is called; what it does after its first `await` is not known to be its own. */
  enterStep(runId: string, step: string): void {
    this.enter(STEP, runId, step);
  }

  leave(): void {
    Atomics.store(this.facts, KIND, NOTHING);
  }

  /** What was said of the same kind the last time is not written again. */
  private enter(kind: typeof WORKFLOW | typeof STEP, runId: string, name: string): void {
    const said = this.said[kind];
    if (said.runId !== runId || said.name !== name) {
      said.runId = runId;
      said.name = name;
      const { written } = this.encoder.encodeInto(`${runId}\n${name}`, this.texts[kind]);
      Atomics.store(this.facts, LENGTHS + kind, written);
    }
    Atomics.store(this.facts, KIND, kind);
  }
}

function sharedText(): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(LONGEST_TEXT));
}
