/**
 * The payloads of one hook, and who waits for them. Every payload goes to exactly one claim, in the
 * order of the log; one that nobody waits for is kept.
 */
import type { Claim } from "./race";

const RealmPromise = Promise;

export interface Payload {
  text: string;
  /** A schema has made it what it is. */
  isChecked: boolean;
}

interface Waiting {
  take(payload: Payload): void;
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
  private readonly payloads: Payload[] = [];
  private waiting: Waiting[] = [];
  private failure: { error: unknown } | undefined;
  private isEnded = false;
  private isServed = false;

  constructor(
    private readonly decode: (payload: Payload) => unknown,
    /** Takes one payload; others are in the log, and nobody gets them. */
    private readonly isForOne = false,
  ) {}

  push(payload: Payload): void {
    if (this.isEnded || (this.isForOne && this.isServed)) return;
    this.isServed = true;
    this.payloads.push(payload);
    this.handOn();
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
    let taken: Payload | undefined;
    let waiting!: Waiting;
    const promise = new RealmPromise<unknown>((resolve, reject) => {
      const take = (payload: Payload) => {
        taken = payload;
        try {
          resolve(this.decode(payload));
        } catch (error) {
          reject(error);
        }
      };
      const end = () => {
        if (isIterating) resolve(ENDED);
      };
      waiting = { take, end, reject, givesWay: false };
    });
    this.enter(waiting);
    const claim: Claim = {
      withdraw: () => {
        if (taken === undefined) this.remove(waiting);
        else this.payloads.unshift(taken);
      },
      handOn: () => this.handOn(),
      setGivingWay: (givesWay) => {
        waiting.givesWay = givesWay;
      },
    };
    return { promise, claim };
  }

  private enter(waiting: Waiting): void {
    if (this.failure) waiting.reject(this.failure.error);
    else if (this.isEnded) waiting.end();
    else {
      this.waiting.push(waiting);
      this.handOn();
    }
  }

  private handOn(): void {
    while (this.waiting.length > 0 && this.payloads.length > 0 && !this.isEnded) {
      const next = this.waiting.find((each) => !each.givesWay) ?? this.waiting[0]!;
      this.remove(next);
      next.take(this.payloads.shift()!);
    }
  }

  private remove(waiting: Waiting): void {
    this.waiting = this.waiting.filter((each) => each !== waiting);
  }
}
