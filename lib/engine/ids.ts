/** Ids that are worked out from others, so that they are the same wherever and whenever that is done. */
import { createHash } from "node:crypto";
import type { CallKey } from "../contract/call";
import { buildUlid } from "../contract/ulid";

/** The same for every attempt of a step, and for nothing else. */
export function stepIdOf(runId: string, call: CallKey, createdAt: number): string {
  return `step_${derived(createdAt, runId, call)}`;
}

/** The same whenever this attempt or another one of the step starts its `nth` run. */
export function startedRunId(stepId: string, nth: number, at: number): string {
  return `wrun_${derived(at, stepId, `start ${nth}`)}`;
}

function derived(time: number, ...from: string[]): string {
  const hash = createHash("sha256").update(from.join("\n")).digest();
  return buildUlid(time, hash);
}
