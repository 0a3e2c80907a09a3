/** What others have to say to a run: the bodies of the messages in its inbox. */
import type { CallKey } from "./call";
import type { Encoded } from "./event";

export interface PayloadMessage {
  type: "payload";
  /** The hook. */
  call: CallKey;
  payload: Encoded;
}

/** Ends waits now: these, or all that are open. A run that is parked tries again. */
export interface WakeMessage {
  type: "wake";
  calls?: readonly CallKey[];
}

export type RunMessage = PayloadMessage | WakeMessage;

export function writeMessage(message: RunMessage): string {
  return JSON.stringify(message);
}

export function readMessage(body: string): RunMessage {
  return JSON.parse(body) as RunMessage;
}
