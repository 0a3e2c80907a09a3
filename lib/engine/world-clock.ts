/**
 * World time without asking for it each time (R5): what the world last said, and what has gone by
 * since on a clock that nobody sets. In whole milliseconds, and never back.
 */
export class WorldClock {
  private told = 0;
  private toldAt = 0;
  private last = 0;

  learn(worldTime: number): void {
    this.told = worldTime;
    this.toldAt = performance.now();
  }

  now(): number {
    const elapsed = performance.now() - this.toldAt;
    this.last = Math.max(this.last, Math.floor(this.told + elapsed));
    return this.last;
  }
}
