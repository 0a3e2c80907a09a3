/** One timer for all that has to be looked at later: the first of the moments that it was given. */
import type { EngineClock } from "./world-clock";

export class Alarm {
  private at = Infinity;
  private stopTimer: (() => void) | null = null;

  constructor(
    private readonly clock: EngineClock,
    private readonly ring: () => void,
  ) {}

  /** World time. */
  set(at: number): void {
    if (at >= this.at) return;
    this.stopTimer?.();
    this.at = at;
    this.stopTimer = this.clock.startTimer(Math.max(0, at - this.clock.now()), () => {
      this.at = Infinity;
      this.ring();
    });
  }

  stop(): void {
    this.stopTimer?.();
    this.at = -Infinity;
  }
}
