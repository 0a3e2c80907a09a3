/**
 * Watches over the main thread from a thread of its own (R1, E1).
 *
 * - Code that never comes to rest, where no counter can stop it, would hold all runs of this process:
 *   in time the process is ended.
 * - Until then nobody else is to have its runs: the thread renews the leases that the main thread
 *   cannot renew.
 */
import { Worker } from "node:worker_threads";
import type { ThreadDoor } from "../contract/world";
import {
  BEAT,
  FACTS,
  KIND,
  LENGTHS,
  NOTHING,
  SESSION_LENGTH,
  STEP,
  threadTime,
  type WatchdogData,
  WORKFLOW,
} from "./watchdog-data";
import { WATCHDOG_SCRIPT } from "./watchdog-script";

const LONGEST_TEXT = 1_024;
/** Beats while the main thread may be silent, and during a lease. */
const BEATS = 40;
const BEATS_OF_LEASE = 6;
const BLOCKS_MS = 1_000;

export class Watchdog {
  private readonly facts = new Int32Array(new SharedArrayBuffer(FACTS * 4));
  private readonly texts = { [WORKFLOW]: sharedText(), [STEP]: sharedText() };
  private readonly said = {
    [WORKFLOW]: { runId: "", name: "" },
    [STEP]: { runId: "", name: "" },
  };
  private readonly session = sharedText();
  private readonly renewed = new Float64Array(new SharedArrayBuffer(8));
  private readonly encoder = new TextEncoder();
  /** Runs whose code has held the main thread for so long that its lease may have ended meanwhile. */
  readonly blockers = new Set<string>();
  private enteredAt = 0;
  private worker: Worker | null = null;
  private beat: NodeJS.Timeout | null = null;

  /** Without a limit and leases there is nothing to watch. */
  start(limitMs: number, leaseMs: number, door: ThreadDoor | undefined): void {
    if (limitMs === Infinity && (leaseMs === Infinity || !door)) return;
    const { facts, texts, session, renewed } = this;
    const shared = { facts, texts, session, renewedAt: renewed };
    const workerData: WatchdogData = { ...shared, limitMs, leaseMs, door };
    this.worker = new Worker(WATCHDOG_SCRIPT, { eval: true, workerData });
    this.worker.unref();
    // Without it a run that blocks is found out by its claims, later.
    this.worker.on("error", () => undefined);
    const beatMs = Math.min(limitMs / BEATS, leaseMs / BEATS_OF_LEASE);
    this.beat = setInterval(() => Atomics.add(this.facts, BEAT, 1), beatMs);
    this.beat.unref();
  }

  /** What to renew while the main thread cannot; null for nothing. */
  holds(session: string | null): void {
    const { written } = this.encoder.encodeInto(session ?? "", this.session);
    Atomics.store(this.facts, SESSION_LENGTH, written);
  }

  /** When the thread has last renewed the session, as `performance.now` has it. */
  get renewedAt(): number {
    return performance.now() - (threadTime() - this.renewed[0]!);
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
    const kind = Atomics.exchange(this.facts, KIND, NOTHING);
    const isLong = performance.now() - this.enteredAt > BLOCKS_MS;
    if (isLong && (kind === WORKFLOW || kind === STEP)) this.blockers.add(this.said[kind].runId);
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
    this.enteredAt = performance.now();
  }
}

function sharedText(): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(LONGEST_TEXT));
}
