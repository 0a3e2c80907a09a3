/**
 * The contexts of runs that this process had last (R7, P9): a wake-up then applies what is new, and
 * replays nothing. Bounded by count; what falls out gives its realm back.
 */
import type { RunState } from "../contract/run-state";
import type { RunContext } from "../replay/run-context";
import type { LoadedBundle } from "./bundle-store";

/** A run as far as its log was read. */
export interface LiveRun {
  context: RunContext;
  state: RunState;
  bundle: LoadedBundle;
  /** The append that its last event came with, as far as that is known. */
  lastAppend?: string | undefined;
}

/** Beyond that, runs that are owned lose their contexts as well, those that were used least first. */
const MOST_OWNED = 1_000;

export class ContextCache {
  /** Least recently used first. */
  private readonly owned = new Map<string, LiveRun>();
  private readonly idle = new Map<string, LiveRun>();

  constructor(private readonly mostIdle: number) {}

  take(runId: string): LiveRun | undefined {
    const run = this.owned.get(runId) ?? this.idle.get(runId);
    this.owned.delete(runId);
    this.idle.delete(runId);
    return run;
  }

  /** `isOwned`: this process goes on with the run, so that it is soon needed again. */
  put(runId: string, run: LiveRun, isOwned: boolean): void {
    this.take(runId)?.context.release();
    // Who wants none kept wants that of all.
    const mostOwned = this.mostIdle === 0 ? 0 : MOST_OWNED;
    const [runs, most] = isOwned ? [this.owned, mostOwned] : [this.idle, this.mostIdle];
    runs.set(runId, run);
    for (const [oldest, { context }] of runs) {
      if (runs.size <= most) return;
      runs.delete(oldest);
      context.release();
    }
  }

  clear(): void {
    for (const runs of [this.owned, this.idle]) {
      for (const { context } of runs.values()) context.release();
      runs.clear();
    }
  }
}
