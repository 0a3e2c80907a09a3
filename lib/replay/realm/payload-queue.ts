/**
 * The payloads of one hook, and who waits for them. Every payload goes to exactly one claim, in the
 * order of the log; one that nobody waits for is kept.
 */
import type { Claim } from "./race";

const RealmPromise = Promise;

interface Waiting {
  take(payload: string): void;
  end(): void;
  reject(error: unknown): void;
  givesWay: boolean;
}

/** The end of the hook, for those who iterate over it. */
export const ENDED = Symbol("everstep.ended");

export interface Claimed {
  promise: Promise<unknown>;
  claim: Claim;
}

export class PayloadQueue {
  private readonly payloads: string[] = [];
  private waiting: Waiting[] = [];
  private failure: { error: unknown } | undefined;
  private isEnded = false;

  constructor(private readonly decode: (payload: string) => unknown) {}

  push(payload: string): void {
    if (this.isEnded) return;
    const next = this.waiting.find((each) => !each.givesWay) ?? this.waiting[0];
    if (next === undefined) {
      this.payloads.push(payload);
      return;
    }
    this.remove(next);
    next.take(payload);
  }

  /** Whoever waits, or comes later, gets the error. */
  fail(error: unknown): void {
    this.failure = { error };
    for (const each of this.waiting.splice(0)) each.reject(error);
  }

  /** Nothing comes any more. Who awaits the hook waits for ever, who iterates is done. */
  end(): void {
    this.isEnded = true;
    for (const each of this.waiting.splice(0)) each.end();
  }

  /** A claim on the next payload; `isIterating` decides what the end of the hook means to it. */
  claim(isIterating: boolean): Claimed {
    let waiting: Waiting | undefined;
    const promise = new RealmPromise<unknown>((resolve, reject) => {
      const take = (payload: string) => {
        try {
          resolve(this.decode(payload));
        } catch (error) {
          reject(error);
        }
      };
      const end = () => {
        if (isIterating) resolve(ENDED);
      };
      const payload = this.failure || this.isEnded ? undefined : this.payloads.shift();
      if (this.failure) reject(this.failure.error);
      else if (payload !== undefined) take(payload);
      else if (this.isEnded) end();
      else this.waiting.push((waiting = { take, end, reject, givesWay: false }));
    });
    const claim: Claim = {
      withdraw: () => {
        if (waiting) this.remove(waiting);
      },
      setGivingWay: (givesWay) => {
        if (waiting) waiting.givesWay = givesWay;
      },
    };
    return { promise, claim };
  }

  private remove(waiting: Waiting): void {
    this.waiting = this.waiting.filter((each) => each !== waiting);
  }
}
