/** Ids that this process makes. */
import { createHash, randomFillSync } from "node:crypto";
import type { CallKey } from "../contract/call";
import { buildUlid } from "../contract/ulid";

const CHANCE = new Uint8Array(10 * 256);
let used = CHANCE.length;

export function newRunId(now: number): string {
  return `wrun_${buildUlid(now, chance())}`;
}

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

/** Ten bytes; asked for in bulk, which is much faster. */
function chance(): Uint8Array {
  if (used === CHANCE.length) {
    randomFillSync(CHANCE);
    used = 0;
  }
  used += 10;
  return CHANCE.subarray(used - 10, used);
}
