/** `queueMicrotask`. What a callback throws would reach the host, so it is printed instead. */
import { define } from "./define";
import { RealmTypeError } from "./intrinsics";

type Report = (error: unknown) => void;

export function installMicrotask(scope: object, report: Report): void {
  const members = {
    queueMicrotask(callback: unknown): void {
      if (typeof callback !== "function")
        throw new RealmTypeError("The callback is not a function");
      void runLater(callback as () => unknown, report);
    },
  };
  define(scope, "queueMicrotask", members.queueMicrotask);
}

/** One `await` is one turn of the microtask queue, whatever became of `Promise`. */
async function runLater(callback: () => unknown, report: Report): Promise<void> {
  const nothing: unknown = undefined;
  await nothing;
  try {
    callback();
  } catch (error) {
    report(error);
  }
}
