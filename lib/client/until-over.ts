/** Waits until a run is over: woken by the world, never asking in between (P9). */
import { WorkflowRunNotFoundError } from "../contract/error";
import { type RunRecord, TERMINAL } from "../contract/run";
import type { World } from "../contract/world";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export async function untilOver(world: World, runId: string): Promise<RunRecord> {
  const first = await recordOf(world, runId);
  if (TERMINAL.has(first.status)) return first;
  return new Promise((resolve, reject) => {
    // Somebody waits, so the process has something to live for.
    const alive = setInterval(() => undefined, LONGEST_TIMER_MS);
    let isAsking = false;
    let asksAgain = false;
    const finish = (settle: () => void) => {
      stop();
      clearInterval(alive);
      settle();
    };
    const ask = async () => {
      asksAgain = true;
      if (isAsking) return;
      isAsking = true;
      while (asksAgain) {
        asksAgain = false;
        const record = await recordOf(world, runId);
        if (TERMINAL.has(record.status)) finish(() => resolve(record));
      }
      isAsking = false;
    };
    const look = () => void ask().catch((error: unknown) => finish(() => reject(error as Error)));
    const stop = world.runs.listenForEnd(runId, look);
    // It may have ended between the first look and the listening.
    look();
  });
}

async function recordOf(world: World, runId: string): Promise<RunRecord> {
  const record = await world.runs.get(runId);
  if (!record) throw new WorkflowRunNotFoundError(runId);
  return record;
}
