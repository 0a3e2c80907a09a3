/**
 * `sleep`: a wait in the log. The moment is fixed when it is called, by the clock of the run, and
 * holds for every replay. Cancelling ends the wait; its promise then stays pending, as for a timer
 * that was cleared.
 */
import { parseMoment } from "../../contract/duration";
import type { Sleep, SleepFunction } from "../../contract/workflow-api";
import { sited } from "../realm/call-site";
import type { Runtime } from "../realm/runtime";
import { optionsOf, optionText } from "./options";

const RealmPromise = Promise;

export function createSleep(runtime: Runtime): SleepFunction {
  return sited((site) => {
    return function sleep(duration, options) {
      const { host } = runtime;
      const now = host.now();
      let dueAt: number;
      let name: string | undefined;
      try {
        dueAt = parseMoment(duration, now);
        name = optionText(optionsOf(options, "sleep").name, "The `name` of a sleep");
      } catch (error) {
        return cancellable(RealmPromise.reject(error) as Promise<void>, () => undefined);
      }
      const key = runtime.nextCall(`sleep//${name === undefined ? site : `=${name}`}`);
      let isOver = false;
      const promise = new RealmPromise<void>((resolve) => {
        runtime.onSignal(key, () => {
          isOver = true;
          runtime.forget(key);
          resolve();
          return promise;
        });
      });
      host.wait(key, digestOf(duration, dueAt - now), dueAt);
      return cancellable(promise, () => {
        if (isOver) return;
        isOver = true;
        runtime.forget(key);
        host.cancelWait(key);
      });
    };
  });
}

/** A duration and a moment are different things to ask for, even when they meet. */
function digestOf(duration: unknown, ms: number): string {
  return typeof duration === "object" ? `until ${Number(duration)}` : `for ${ms}`;
}

function cancellable(promise: Promise<void>, cancel: () => void): Sleep {
  return Object.defineProperties(promise, {
    cancel: { value: cancel, writable: true, configurable: true },
    [Symbol.dispose]: { value: cancel, writable: true, configurable: true },
  }) as Sleep;
}
