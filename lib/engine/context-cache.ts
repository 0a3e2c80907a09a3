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
}

export class ContextCache {
  /** Least recently used first. */
  private readonly runs = new Map<string, LiveRun>();

  constructor(private readonly most: number) {}

  take(runId: string): LiveRun | undefined {
    const run = this.runs.get(runId);
    this.runs.delete(runId);
    return run;
  }

  put(runId: string, run: LiveRun): void {
    this.runs.set(runId, run);
    for (const [oldest, { context }] of this.runs) {
      if (this.runs.size <= this.most) return;
      this.runs.delete(oldest);
      context.release();
    }
  }

  clear(): void {
    for (const { context } of this.runs.values()) context.release();
    this.runs.clear();
  }
}
