/**
 * The machine of the server is lost, and what its settings do not keep with it: nothing that is left
 * contradicts anything else that is left, no run is stuck, and no more is gone than the world had
 * said at boot (P1, P2).
 */
import { isDeepStrictEqual } from "node:util";
import { auditLogs, auditResults, readRuns, type StoredRun } from "./audit-runs";
import { pause } from "./load";
import type { PlannedRun } from "./load-plan";
import { machineTime } from "./machine-time";
import { Scene, type SceneSettings } from "./scene";

export interface LossSettings extends SceneSettings {
  /** How often the machine is lost. */
  losses: number;
  /** Between one loss and the next. */
  everyMs: number;
  /** How far back what was acknowledged may be gone. */
  boundMs: number;
}

export interface LossOutcome {
  problems: string[];
  /** What the world said at boot. */
  guarantee: string;
  counts: { runs: number; parked: Record<string, number>; lost: number; settledMs: number };
}

/** Until a machine is there again. */
const DOWN_MS = 500;

export async function runLosses(
  roots: readonly string[],
  folder: string,
  settings: LossSettings,
): Promise<LossOutcome> {
  const scene = await Scene.open(roots, folder, settings);
  try {
    const { load, server } = scene;
    const loading = load.run();
    const losses: number[] = [];
    for (let nth = 0; nth < settings.losses; nth++) {
      await pause(settings.everyMs);
      losses.push(machineTime());
      await server.losePower();
      await pause(DOWN_MS);
      await server.begin();
    }
    await pause(settings.everyMs);
    load.end();
    await loading;
    // What was said yes to and is gone is not known to be: who wants to be sure says it again.
    load.sendAgain();
    const settledMs = await scene.untilQuiet();
    return await judge(scene, { losses, boundMs: settings.boundMs, settledMs });
  } finally {
    await scene.close();
  }
}

interface Facts {
  losses: readonly number[];
  boundMs: number;
  settledMs: number;
}

async function judge(scene: Scene, { losses, boundMs, settledMs }: Facts): Promise<LossOutcome> {
  const { world, fleet, load } = scene;
  const runs = await readRuns(world);
  const open = await scene.openRuns(runs);
  const lost = [...fleet.acknowledged].filter(([runId]) => !runs.has(runId));
  const isExcused = (at: number) =>
    losses.some((loss) => at > loss - boundMs && at < loss + DOWN_MS);
  const unexcused = lost.filter(([, at]) => !isExcused(at));
  // A cancel may be among what is lost.
  const cancels = { cancelled: new Set<string>(), triedToCancel: load.triedToCancel };
  const problems = [
    ...unexcused.map(([runId]) => `${runId} was acknowledged, and is gone without a reason (P1)`),
    ...open.problems,
    ...auditLogs(runs),
    ...auditResults(runs, inAnyOrder(load.planned), cancels),
    ...auditChildren(runs),
    ...scene.deaths(),
  ];
  const { guarantee } = fleet.all[0]!;
  const counts = { runs: runs.size, parked: open.parked, lost: lost.length, settledMs };
  return { problems, guarantee, counts };
}

/** What was lost on its way to a run comes behind what was not. */
function inAnyOrder(planned: ReadonlyMap<string, PlannedRun>): Map<string, PlannedRun> {
  const isSame = (result: unknown, payloads: readonly string[]) =>
    Array.isArray(result) && isDeepStrictEqual([...(result as string[])].sort(), payloads);
  const loosened = [...planned].map(([runId, plan]) => {
    const { payloads } = plan;
    const isRight = (result: unknown) => isSame(result, payloads);
    return [runId, payloads.length > 0 ? { ...plan, isRight } : plan] as const;
  });
  return new Map(loosened);
}

/** A run that was started by one that is there is there. */
function auditChildren(runs: ReadonlyMap<string, StoredRun>): string[] {
  return [...runs].flatMap(([runId, { events }]) =>
    events.flatMap((event) => {
      if (event.type !== "child_awaited" || runs.has(event.runId)) return [];
      return [`${runId} waits for ${event.runId}, which is not there`];
    }),
  );
}
