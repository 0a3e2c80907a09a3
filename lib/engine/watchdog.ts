/**
 * Watches over the main thread from a thread of its own: user code that never comes to rest, where no
 * counter can stop it, would hold all runs of this process (R1, E1).
 */
import { Worker } from "node:worker_threads";
import type { ThreadDoor } from "../contract/world";
import {
  BEAT,
  FACTS,
  type Guarded,
  KIND,
  LENGTH,
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
  private readonly text = new Uint8Array(new SharedArrayBuffer(LONGEST_TEXT));
  private readonly encoder = new TextEncoder();
  private worker: Worker | null = null;
  private beat: NodeJS.Timeout | null = null;

  start(limitMs: number, door: ThreadDoor | undefined): void {
    const workerData: WatchdogData = { facts: this.facts, text: this.text, limitMs, door };
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
  enterWorkflow(guarded: Guarded): void {
    this.enter(WORKFLOW, guarded);
  }

  /** A step body is called; what it does after its first `await` is not known to be its own. */
  enterStep(guarded: Guarded): void {
    this.enter(STEP, guarded);
  }

  leave(): void {
    Atomics.store(this.facts, LENGTH, 0);
  }

  private enter(kind: number, { id, name }: Guarded): void {
    const { written } = this.encoder.encodeInto(`${id}\n${name}`, this.text);
    Atomics.store(this.facts, KIND, kind);
    Atomics.store(this.facts, LENGTH, written);
  }
}
