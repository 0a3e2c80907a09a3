/** `Idempotency-Key` on a route of the app: a request that comes again gets the run that it had. */
import type { IncomingHttpHeaders } from "node:http";
import type { Run } from "../lib/client/run";
import { start, type WorkflowReference } from "../lib/client/start";
import { type StartOnceOptions as KeyedOptions, startWithKey } from "../lib/client/start-once";
import { WorkflowRuntimeError } from "../lib/contract/error";

export interface StartOnceOptions extends KeyedOptions {
  /** Refuses requests without a key; they start a run each time, unless it is given. */
  required?: boolean;
}

/** A `Request`, or a request of node:http or Express. */
export interface RequestWithHeaders {
  headers: Pick<Headers, "get"> | IncomingHttpHeaders;
}

type AnyWorkflow = (...args: never[]) => unknown;
type Result<W> = W extends (...args: never[]) => infer R ? Awaited<R> : unknown;

/**
 * The run of the request's `Idempotency-Key` header: started by the first of all requests that have
 * it, and given to all of them. The key is the workflow's own, and that of its `scope`.
 */
export function startOnce<W extends AnyWorkflow>(
  request: RequestWithHeaders,
  workflow: W,
  args: Parameters<W>,
  options?: StartOnceOptions,
): Promise<Run<Result<W>>>;
export function startOnce<R = unknown>(
  request: RequestWithHeaders,
  workflow: WorkflowReference,
  args: readonly unknown[],
  options?: StartOnceOptions,
): Promise<Run<R>>;
export async function startOnce(
  request: RequestWithHeaders,
  workflow: AnyWorkflow | WorkflowReference,
  args: readonly unknown[],
  options: StartOnceOptions = {},
): Promise<Run<unknown>> {
  const { required = false, scope, ...rest } = options;
  const key = keyOf(request);
  const reference = workflow as WorkflowReference;
  if (key !== null) {
    return startWithKey(key, reference, args, { ...rest, ...(scope !== undefined && { scope }) });
  }
  if (!required) return start(reference, args, rest);
  throw new WorkflowRuntimeError(
    "IDEMPOTENCY_KEY_MISSING",
    "The request has no `Idempotency-Key` header",
  );
}

function keyOf({ headers }: RequestWithHeaders): string | null {
  const isFetch = typeof headers.get === "function";
  const given = isFetch
    ? (headers as Headers).get("idempotency-key")
    : (headers as IncomingHttpHeaders)["idempotency-key"];
  const key = Array.isArray(given) ? given.join(", ") : given?.trim();
  return key ? key : null;
}
