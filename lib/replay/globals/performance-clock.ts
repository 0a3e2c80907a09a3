/** `performance` on the run's clock: it starts with the first look at it and moves with events. */
import { once } from "./define";
import { now } from "./guarded-host";

export const makePerformance = once(() => {
  const origin = once(now);
  class Performance {
    get timeOrigin(): number {
      return origin();
    }

    now(): number {
      return now() - origin();
    }

    toJSON(): { timeOrigin: number } {
      return { timeOrigin: origin() };
    }

    get [Symbol.toStringTag](): string {
      return "Performance";
    }
  }
  return new Performance();
});
