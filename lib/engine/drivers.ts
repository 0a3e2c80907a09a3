/** Those who wait until a run that they named has nothing left to do in this process. */
export class Drivers {
  private readonly waiting = new Map<string, Set<(isDone: boolean) => void>>();

  /** False when the time is over first. */
  wait(runId: string, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.waiting.get(runId) ?? new Set();
      this.waiting.set(runId, waiting);
      const settle = (isDone: boolean) => {
        clearTimeout(timer);
        waiting.delete(settle);
        if (waiting.size === 0 && this.waiting.get(runId) === waiting) this.waiting.delete(runId);
        resolve(isDone);
      };
      const timer = setTimeout(() => settle(false), limitMs);
      waiting.add(settle);
    });
  }

  settle(runId: string): void {
    for (const settle of [...(this.waiting.get(runId) ?? [])]) settle(true);
  }
}
