/** The slow path of the loop guards (R1): the host watches the clock, the guard throws. */
import { WorkflowBlockedError } from "../../contract/error";
import type { SandboxHost } from "./sandbox-host";

export function createTick(host: Pick<SandboxHost, "tick" | "blockedAt">): () => number {
  return () => {
    const passes = host.tick();
    if (passes > 0) return passes;
    // Thrown again at every loop head and function entry, so no `catch` goes on for long.
    const message = "Workflow code ran for too long at once";
    const error = new WorkflowBlockedError("TURN_TIME_EXCEEDED", message);
    host.blockedAt(`${error.stack}`);
    throw error;
  };
}
