/** Calls that have a meaning in some places only, and say so in all others. */
import { WorkflowRuntimeError } from "./error";

type Place = "workflow" | "step" | "workflow or step";

/** `call` as people write it: `sleep()`. */
export function outside(call: string, place: Place): WorkflowRuntimeError {
  return wrongPlace(`\`${call}\` can only be called inside a ${place} function`);
}

export function wrongPlace(message: string): WorkflowRuntimeError {
  return new WorkflowRuntimeError("CALLED_IN_WRONG_PLACE", message);
}
