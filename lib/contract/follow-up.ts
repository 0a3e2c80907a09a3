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

/** It had one of the permits of its workflow, or stood in line for one. */
export interface GivePermit {
  type: "give_permit";
  name: string;
}

export type FollowUpBody = CancelChildren | TellParent | GivePermit;

export function writeFollowUp(body: FollowUpBody): string {
  return JSON.stringify(body);
}

export function readFollowUp(text: string): FollowUpBody {
  return JSON.parse(text) as FollowUpBody;
}
