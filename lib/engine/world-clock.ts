/**
 * World time without asking for it each time (R5): what the world last said, and what has gone by
 * since on a clock that nobody sets. In whole milliseconds, and never back.
 */
import { startTimer } from "./long-timer";

/** The time of an engine, and what waits for a moment of it. Each timer gives what stops it. */
export interface EngineClock {
  learn(worldTime: number): void;
  now(): number;
  startTimer(ms: number, action: () => void): () => void;
  /** For what runs in this process and may not take longer. */
  startLimit(ms: number, action: () => void): () => void;
  /** For what is to be looked after now and then, by nobody's time. */
  startInterval(ms: number, action: () => void): () => void;
  /** World time at a moment that the code of a step has named. */
  worldTimeOf(moment: number): number;
}

export class WorldClock implements EngineClock {
  private told = 0;
  private toldAt = 0;
  private last = 0;
  readonly startTimer = startTimer;
  readonly startLimit = startTimer;

  learn(worldTime: number): void {
    this.told = worldTime;
    this.toldAt = performance.now();
  }

  now(): number {
    const elapsed = performance.now() - this.toldAt;
    this.last = Math.max(this.last, Math.floor(this.told + elapsed));
    return this.last;
  }

  startInterval(ms: number, action: () => void): () => void {
    const interval = setInterval(action, ms);
    return () => clearInterval(interval);
  }

  worldTimeOf(moment: number): number {
    return moment;
  }
}
