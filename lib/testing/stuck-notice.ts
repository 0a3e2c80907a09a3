/**
 * Says what a run waits for when its end is awaited and nothing is left that could bring it about, and
 * what runs while world time is to go on and cannot.
 */
import { explainRun } from "../client/explain";
import type { World } from "../contract/world";
import type { Logger } from "../engine/logger";

/** A test may be about to do something that it has to wait for itself. */
const PATIENCE_MS = 2_000;
const LONGEST_STEP_MS = 5_000;
const MOST_SHOWN = 5;

export class StuckNotice {
  private timer: NodeJS.Timeout | null = null;
  /** The runs whose ends are awaited, and by how many. */
  private readonly awaited = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly log: Logger,
  ) {}

  await(runId: string): () => void {
    this.awaited.set(runId, (this.awaited.get(runId) ?? 0) + 1);
    return () => {
      const left = this.awaited.get(runId)! - 1;
      if (left > 0) this.awaited.set(runId, left);
      else this.awaited.delete(runId);
    };
  }

  begin(): void {
    this.timer ??= setTimeout(() => void this.say(), PATIENCE_MS).unref();
  }

  end(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Until the answer is called, world time is to go on. */
  beginAdvance(): () => void {
    const timer = setTimeout(() => void this.sayWhatRuns(), LONGEST_STEP_MS).unref();
    return () => clearTimeout(timer);
  }

  private async sayWhatRuns(): Promise<void> {
    try {
      const { data } = await this.world.runs.list({ status: "running", limit: MOST_SHOWN });
      const why = await Promise.all(data.map(({ runId }) => explainRun(this.world, runId)));
      this.log("warn", `World time is to go on, and waits for steps that run. ${why.join(" ")}`);
    } catch {
      // The world was closed.
    }
  }

  private async say(): Promise<void> {
    for (const runId of this.awaited.keys()) {
      try {
        const why = await explainRun(this.world, runId);
        this.log("warn", `The end of run "${runId}" is awaited, and no time brings it: ${why}`);
      } catch {
        return; // The world was closed.
      }
    }
  }
}
