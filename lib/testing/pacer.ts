/**
 * Decides when virtual time goes on. It never sleeps to find that out: it looks when the engine has
 * come to rest, when the world was called, and when somebody begins to wait.
 *
 * - PC1 Time stands still while something runs, is due, or was done in this turn of the event loop:
 *   what a test does next, without waiting for the outside, comes before any jump.
 * - PC2 It jumps from one moment to the next for which something waits, and none is left out.
 * - PC3 It goes on by itself while somebody awaits the end of a run, and otherwise when told to.
 */
import { WorldError } from "../contract/error";
import { VirtualTime } from "./virtual-time";

/** Turns of the event loop in which nothing may happen before time jumps. */
const QUIET_TURNS = 2;

interface Advance {
  until: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

export interface Paced {
  isAtRest(): boolean;
  /** Somebody awaits the end of a run, and nothing is left that could bring it about. */
  onStuck(): void;
}

export class Pacer {
  readonly time: VirtualTime;
  private awaited = 0;
  private readonly advances: Advance[] = [];
  private isWatching = false;
  private isClosed = false;
  /** Turns of the event loop since something happened. */
  private quiet = 0;

  constructor(
    now: number,
    private readonly paced: Paced,
  ) {
    this.time = new VirtualTime(now, () => this.look());
  }

  /** Something happened, or may have. */
  note(): void {
    this.quiet = 0;
    const next = this.time.next();
    const isDue = next !== null && next <= this.time.now();
    if (isDue || this.awaited > 0 || this.advances.length > 0) this.look();
  }

  /** Somebody awaits the end of a run, until the answer is called. */
  beginAwaiting(): () => void {
    let isAwaiting = true;
    this.awaited++;
    this.note();
    return () => {
      if (isAwaiting) this.awaited--;
      isAwaiting = false;
    };
  }

  /** Resolves when that much time has gone by and what it brought about is done. */
  advance(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(closed());
      const from = this.advances.at(-1)?.until ?? this.time.now();
      this.advances.push({ until: from + Math.ceil(ms), resolve, reject });
      this.note();
    });
  }

  close(): void {
    this.isClosed = true;
    for (const { reject } of this.advances.splice(0)) reject(closed());
  }

  private look(): void {
    if (this.isWatching || this.isClosed) return;
    this.isWatching = true;
    this.quiet = 0;
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    if (!this.isClosed && this.paced.isAtRest()) {
      if (this.quiet++ < QUIET_TURNS) return void setImmediate(this.turn);
      this.isWatching = false;
      return this.goOn();
    }
    // It is told when there is something to look at.
    this.isWatching = false;
  };

  private goOn(): void {
    const { time } = this;
    const next = time.next();
    if (next !== null && next <= time.now()) return this.jump(next);
    const [advance] = this.advances;
    if (advance) {
      if (next !== null && next <= advance.until) return this.jump(next);
      if (time.now() < advance.until) return this.jump(advance.until);
      this.advances.shift();
      advance.resolve();
      return this.note();
    }
    if (this.awaited === 0) return;
    if (next !== null) this.jump(next);
    else this.paced.onStuck();
  }

  private jump(moment: number): void {
    this.time.moveTo(moment);
    this.look();
  }
}

function closed(): WorldError {
  return new WorldError("WORLD_CLOSED", "The test world was closed");
}
