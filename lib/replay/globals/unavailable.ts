/** Globals that exist only to say what to use instead, and the errors of what can do only a part. */
import { EverstepError } from "../../contract/error";
import { define } from "./define";

const FETCH =
  'Global "fetch" is unavailable in workflow functions. Use the "fetch" step function from "workflow" to make HTTP requests.';
const TIMER =
  'Timeout functions like "setTimeout" and "setInterval" are not supported in workflow functions. Use the "sleep" function from "workflow" for time-based delays.';

export function notSupported(what: string): EverstepError {
  const message = `Not supported in workflow functions: ${what}`;
  return new EverstepError("NOT_SUPPORTED_IN_WORKFLOW", message);
}

export function notImplemented(what: string): EverstepError {
  const message = `Not implemented in workflow functions: ${what}`;
  return new EverstepError("NOT_SUPPORTED_IN_WORKFLOW", message);
}

// A workflow may put the `fetch` step in the place of this one, so that libraries use it (SG-17).
const functions = {
  async fetch(_resource: unknown): Promise<never> {
    throw new EverstepError("FETCH_IN_WORKFLOW", FETCH);
  },
  setTimeout(_callback: unknown): never {
    throw timerError();
  },
  setInterval(_callback: unknown): never {
    throw timerError();
  },
  setImmediate(_callback: unknown): never {
    throw timerError();
  },
  clearTimeout(_id: unknown): never {
    throw timerError();
  },
  clearInterval(_id: unknown): never {
    throw timerError();
  },
  clearImmediate(_id: unknown): never {
    throw timerError();
  },
};

export function installUnavailable(scope: object): void {
  for (const name in functions) define(scope, name, functions[name as keyof typeof functions]);
}

function timerError(): EverstepError {
  return new EverstepError("TIMER_IN_WORKFLOW", TIMER);
}
