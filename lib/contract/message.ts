/** What others have to say to a run: the bodies of the messages in its inbox. */
import type { CallKey } from "./call";
import type { ChildCompleted, ChildFailed, Encoded, Failure } from "./event";

export interface PayloadMessage {
  type: "payload";
  /** The hook. */
  call: CallKey;
  payload: Encoded;
  /** As in `hook_received`. */
  isChecked?: true;
}

/** Waits for a hook with this token, if there is none yet. */
export interface TokenPayloadMessage {
  type: "token_payload";
  token: string;
  payload: Encoded;
  isChecked?: true;
}

/** Ends waits now: these, or all that are open. A run that is parked tries again. */
export interface WakeMessage {
  type: "wake";
  calls?: readonly CallKey[];
}

/** A run that this one waits for is over. */
export interface ChildOverMessage {
  type: "child_over";
  call: CallKey;
  outcome: ChildOutcome;
}

export type ChildOutcome = Pick<ChildCompleted, "output"> | Pick<ChildFailed, "reason" | "failure">;

/** Goes on with the code of this bundle. */
export interface UseCodeMessage {
  type: "use_code";
  bundle: string;
}

/** An attempt that was offered is over (E2). The Redis world writes those that are lost itself. */
export interface StepOverMessage {
  type: "step_over";
  call: CallKey;
  attempt: number;
  outcome: OfferedOutcome;
}

/** `handed_back`: it was not run, or broken off by a process that ends. */
export type OfferedOutcome =
  | { type: "returned"; output: Encoded }
  | { type: "threw"; failure: Failure; isFatal: boolean; retryAfter?: number }
  | { type: "timed_out"; failure: Failure }
  | { type: "handed_back" }
  | { type: "lost" };

export type RunMessage =
  | PayloadMessage
  | TokenPayloadMessage
  | WakeMessage
  | ChildOverMessage
  | UseCodeMessage
  | StepOverMessage;

export function writeMessage(message: RunMessage): string {
  return JSON.stringify(message);
}

export function readMessage(body: string): RunMessage {
  return JSON.parse(body) as RunMessage;
}
