/** What has to happen when a run is over: the bodies of follow-ups. */
import type { CallKey } from "./call";

/** The run was cancelled, and so are those that its steps have started. */
export interface CancelChildren {
  type: "cancel_children";
}

/** A workflow waits for the end of the run. */
export interface TellParent {
  type: "tell_parent";
  runId: string;
  call: CallKey;
}

export type FollowUpBody = CancelChildren | TellParent;

export function writeFollowUp(body: FollowUpBody): string {
  return JSON.stringify(body);
}

export function readFollowUp(text: string): FollowUpBody {
  return JSON.parse(text) as FollowUpBody;
}
