/**
 * `Promise.race` and `Promise.any` that know hooks (HK-04, user need A4).
 *
 * Each `then` on a hook takes the next payload. A race that another contender wins would leave its
 * `then` behind, and that would swallow the payload which the next race waits for. So:
 *
 * - A race that is over takes its claims on hooks back; a payload that such a claim has taken
 *   already is the hook's next again.
 * - A claim that the user made himself, as `hook.then(…)` or `iterator.next()`, gives way to newer
 *   ones from the first race that it has lost until it is raced again.
 */
import { observe } from "./observe";

export interface Claim {
  /** Ends it, and puts back what it has taken. */
  withdraw(): void;
  /** After all claims of a race were withdrawn: gives what was put back to those who wait. */
  handOn(): void;
  /** Whether other claims on the hook come first. */
  setGivingWay(givesWay: boolean): void;
}

/** What the races need to know of hooks, and nothing more. */
export interface Claims {
  /** For a hook itself: a promise for its next payload, with the claim. Null for anything else. */
  claim(value: unknown): { promise: Promise<unknown>; claim: Claim } | null;
  /** For a promise that came from a hook. */
  claimOf(value: unknown): Claim | undefined;
}

type Combinator = "race" | "any";
type Native = (this: unknown, values: readonly unknown[]) => Promise<unknown>;

interface Contender {
  value: unknown;
  claim?: Claim;
  /** The race made the claim, and nobody else knows of it. */
  isFresh?: boolean;
}

const { apply } = Reflect;
const RealmPromise = Promise;

/** Once for a realm; each run of it has hooks of its own. */
export function installRaces(promise: PromiseConstructor): void {
  for (const name of ["race", "any"] as const) {
    const native = promise[name] as Native;
    Object.defineProperty(promise, name, {
      value: createCombinator(name, native),
      writable: true,
      configurable: true,
    });
  }
}

let claims: Claims;

export function adoptClaims(given: Claims): void {
  claims = given;
}

function createCombinator(name: Combinator, native: Native): unknown {
  const combinator = {
    [name](this: PromiseConstructor, values: Iterable<unknown>): Promise<unknown> {
      let given: unknown[];
      try {
        given = [...values];
      } catch (error) {
        // What was read of the values cannot be read again.
        return new this((_resolve, reject) => reject(error));
      }
      const contenders = given.map(enter);
      if (contenders.some(({ claim }) => claim !== undefined)) {
        for (const contender of contenders) contender.value = this.resolve(contender.value);
        watch(contenders, name);
      }
      const entered = contenders.map(({ value }) => value);
      return apply(native, this, [entered]);
    },
  };
  return combinator[name];
}

function enter(value: unknown): Contender {
  const fresh = claims.claim(value);
  if (fresh) return { value: fresh.promise, claim: fresh.claim, isFresh: true };
  const claim = claims.claimOf(value);
  claim?.setGivingWay(false);
  return claim ? { value, claim } : { value };
}

/** Ahead of the race itself, so that the losers are told before anybody hears of the winner. */
function watch(contenders: readonly Contender[], name: Combinator): void {
  let isOver = false;
  const end = (winner: Contender) => {
    if (isOver) return;
    isOver = true;
    release(contenders.filter((contender) => contender !== winner));
  };
  for (const contender of contenders) {
    const win = () => end(contender);
    if (!(contender.value instanceof RealmPromise)) continue;
    void observe(contender.value, win, name === "race" ? win : () => undefined);
  }
}

/** From the last to the first, so that payloads are put back in the order in which they came. */
function release(losers: readonly Contender[]): void {
  for (const { claim, isFresh } of [...losers].reverse()) {
    if (isFresh) claim?.withdraw();
    else claim?.setGivingWay(true);
  }
  for (const { claim } of losers) claim?.handOn();
}
