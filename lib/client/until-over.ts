/** Waits until a run is over: woken by the world, never asking in between (P9). */
import { WorkflowRunNotFoundError, WorldError } from "../contract/error";
import { type RunRecord, TERMINAL } from "../contract/run";
import type { World } from "../contract/world";

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const ASK_AGAIN_MS = 250;

export function untilOver(world: World, runId: string): Promise<RunRecord> {
  return new Promise((resolve, reject) => {
    let isAsking = false;
    let asksAgain = false;
    let alive: NodeJS.Timeout | undefined;
    const finish = (settle: () => void) => {
      stop();
      clearInterval(alive);
      settle();
    };
    let isKnown = false;
    const ask = async () => {
      asksAgain = true;
      if (isAsking) return;
      isAsking = true;
      while (asksAgain) {
        asksAgain = false;
        const record = await recordOf(world, runId);
        isKnown = true;
        if (TERMINAL.has(record.status)) return finish(() => resolve(record));
      }
      isAsking = false;
      // Somebody waits, so the process has something to live for.
      alive ??= setInterval(() => undefined, LONGEST_TIMER_MS);
    };
    const look = () =>
      void ask().catch((error: unknown) => {
        isAsking = false;
        // The run goes on while the world is away, and so does whoever has begun to wait for it.
        if (isKnown && isOutage(error)) setTimeout(look, ASK_AGAIN_MS);
        else finish(() => reject(error as Error));
      });
    // It is listened to before it is asked, so that no end falls between the two.
    const stop = world.runs.listenForEnd(runId, look);
    look();
  });
}

function isOutage(error: unknown): boolean {
  return WorldError.is(error) && error.code === "REDIS_UNREACHABLE";
}

async function recordOf(world: World, runId: string): Promise<RunRecord> {
  const record = await world.runs.get(runId);
  if (!record) throw new WorkflowRunNotFoundError(runId);
  return record;
}
