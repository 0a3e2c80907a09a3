/** Hooks as their senders see them: what is known of one, and what becomes of a payload. */
import type { World } from "./world";

export interface OpenHook {
  runId: string;
  /** The call that made it, as the events of its run name it. */
  hookId: string;
  token: string;
  /** The name it was given, or its place in the source. */
  name?: string;
  /** What people read when they are asked for the payload. */
  label?: string;
  metadata?: unknown;
  /** A JSON Schema of what it takes. */
  schema?: unknown;
  /** It takes one payload. */
  once?: true;
  createdAt: Date;
  isWebhook: boolean;
}

export interface ResumeOptions {
  /** A second payload of the same id is not stored. */
  id?: string;
  world?: World;
}

export interface ResumeRunOptions extends ResumeOptions {
  /** The run that is meant: until it has a hook of that token, the payload waits in its inbox. */
  runId?: string;
}

/** The payload is stored, for a hook that is there. */
export interface DeliveredPayload extends OpenHook {
  delivery: "delivered";
}

/** The payload is stored, and waits until the run opens a hook of that token. */
export interface WaitingPayload {
  delivery: "waiting";
  runId: string;
  token: string;
}
