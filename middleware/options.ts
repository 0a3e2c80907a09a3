/** What the middleware, and every other way in, may be told. */
import type { RuntimeOptions } from "../lib/runtime/create-runtime";

export interface MiddlewareOptions extends RuntimeOptions {
  /** How long a webhook that is answered by a step waits for that, in milliseconds: one minute. */
  replyTimeoutMs?: number;
  /** The longest body that a webhook takes: 100 MB. */
  maxBodyBytes?: number;
}

export const USUAL_REPLY_TIMEOUT_MS = 60_000;
export const USUAL_MAX_BODY_BYTES = 100 * 1024 * 1024;
