/** `fetch` as a step: the response is in the log, so a replay gets the same one. */
import { BUILTIN_STEP } from "../../contract/builtin-step";
import type { Prelude } from "../../contract/prelude";

export function createFetch(call: Prelude["call"]): typeof fetch {
  return (...args: unknown[]) => call(BUILTIN_STEP.fetch, undefined, args) as Promise<Response>;
}

/** Reading a body is a step as well: it may still be on its way when the workflow asks for it. */
export function createReadBody(call: Prelude["call"]) {
  return (form: string, message: object): Promise<unknown> =>
    call(BUILTIN_STEP.readBody, message, [form]);
}
