/**
 * `Promise.race` and `Promise.any` that know hooks (HK-04, user need A4).
 *
 * Each `then` on a hook takes the next payload. A race that another contender wins would leave its
 * `then` behind, and that would swallow the payload which the next race waits for. So a race takes
 * its claim on a hook back when it is over; and a claim that the user made himself, as
 * `hook.then(…)` or `iterator.next()`, gives way to newer ones until it is raced or awaited again.
 */
export interface Claim {
  /** Ends it: the claim takes no payload any more. */
  withdraw(): void;
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

export function installRaces(promise: PromiseConstructor, claims: Claims): void {
  for (const name of ["race", "any"] as const) {
    const native = promise[name] as (this: unknown, values: unknown[]) => Promise<unknown>;
    const replaced = createCombinator(name, native, claims);
    Object.defineProperty(promise, name, {
      value: replaced,
      writable: true,
      configurable: true,
    });
  }
}

function createCombinator(
  name: Combinator,
  native: (this: unknown, values: unknown[]) => Promise<unknown>,
  claims: Claims,
): (values: Iterable<unknown>) => Promise<unknown> {
  const { then } = Promise.prototype;
  const combinator = {
    [name](this: unknown, values: Iterable<unknown>): Promise<unknown> {
      let contenders: unknown[];
      try {
        contenders = [...values];
      } catch {
        // Let the real one say what is wrong with it.
        return native.call(this, values as unknown[]);
      }
      const releases: (() => void)[] = [];
      const entered = contenders.map((value) => enter(value, claims, releases));
      const result = native.call(this, entered);
      if (releases.length > 0) {
        const release = () => releases.forEach((each) => each());
        void then.call(result, release, release);
      }
      return result;
    },
  };
  return combinator[name]!;
}

function enter(value: unknown, claims: Claims, releases: (() => void)[]): unknown {
  const fresh = claims.claim(value);
  if (fresh) {
    releases.push(() => fresh.claim.withdraw());
    return fresh.promise;
  }
  const claim = claims.claimOf(value);
  if (claim) {
    claim.setGivingWay(false);
    releases.push(() => claim.setGivingWay(true));
  }
  return value;
}
