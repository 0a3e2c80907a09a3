/**
 * World time that stands still, and goes on when somebody moves it.
 *
 * - VT1 It never goes back, and stops at every moment for which something waits.
 * - VT2 What waits for the same moment is called in the order in which it began to wait.
 */
import { startTimer } from "../engine/long-timer";
import type { EngineClock } from "../engine/world-clock";

/** Called when time has gone on by that much or more, without being a moment to stop at. */
interface Interval {
  ms: number;
  calledAt: number;
  action: () => void;
}

interface Timer {
  dueAt: number;
  action: () => void;
}

export class VirtualTime {
  private readonly timers = new Set<Timer>();
  private readonly intervals = new Set<Interval>();

  constructor(
    private moment: number,
    /** Something waits for a moment that is there already. */
    private readonly onDue: () => void,
  ) {}

  now(): number {
    return this.moment;
  }

  /** Gives what stops it. */
  startTimer(ms: number, action: () => void): () => void {
    const timer = { dueAt: this.moment + Math.max(0, ms), action };
    this.timers.add(timer);
    if (timer.dueAt <= this.moment) this.onDue();
    return () => void this.timers.delete(timer);
  }

  startInterval(ms: number, action: () => void): () => void {
    const interval = { ms, calledAt: this.moment, action };
    this.intervals.add(interval);
    return () => void this.intervals.delete(interval);
  }

  /** The next moment for which something waits. */
  next(): number | null {
    let next = Infinity;
    for (const { dueAt } of this.timers) next = Math.min(next, dueAt);
    return next === Infinity ? null : next;
  }

  /** `moment` is not after `next()`. */
  moveTo(moment: number): void {
    this.moment = Math.max(this.moment, moment);
    for (const timer of [...this.timers]) {
      // One that was called before it may have stopped this one.
      if (timer.dueAt > this.moment || !this.timers.delete(timer)) continue;
      timer.action();
    }
    for (const interval of this.intervals) {
      if (this.moment - interval.calledAt < interval.ms) continue;
      interval.calledAt = this.moment;
      interval.action();
    }
  }
}

/** Virtual time as one engine has it; what the engine waits for goes with it. */
export class EngineTime implements EngineClock {
  private readonly stops = new Set<() => void>();

  constructor(
    private readonly time: VirtualTime,
    /** Whether what is looked after now and then is also looked after when time has jumped. */
    private readonly looksAfterJumps: boolean,
  ) {}

  /** It knows the time. */
  learn(): void {}

  now(): number {
    return this.time.now();
  }

  startTimer(ms: number, action: () => void): () => void {
    return this.keep((done) =>
      this.time.startTimer(ms, () => {
        done();
        action();
      }),
    );
  }

  /** Bodies of steps run in real time, so that counts as well: whichever is over first. */
  startLimit(ms: number, action: () => void): () => void {
    const stop = () => {
      stopVirtual();
      stopReal();
    };
    const once = () => {
      stop();
      action();
    };
    const stopVirtual = this.startTimer(ms, once);
    const stopReal = this.keep(() => startTimer(ms, once));
    return stop;
  }

  startInterval(ms: number, action: () => void): () => void {
    if (this.looksAfterJumps) this.keep(() => this.time.startInterval(ms, action));
    return this.keep(() => {
      const interval = setInterval(action, ms).unref();
      return () => clearInterval(interval);
    });
  }

  /** Step code reads the clock of the machine. */
  worldTimeOf(moment: number): number {
    return moment + this.now() - Date.now();
  }

  /** Nothing that waits here is ever called. */
  stop(): void {
    for (const stop of this.stops) stop();
    this.stops.clear();
  }

  private keep(start: (done: () => void) => () => void): () => void {
    const stop = () => {
      this.stops.delete(stop);
      stopIt();
    };
    const stopIt = start(() => void this.stops.delete(stop));
    this.stops.add(stop);
    return stop;
  }
}
