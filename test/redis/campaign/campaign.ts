/**
 * One campaign: a load, and faults for so long; when these are over, the time that all runs need to
 * come to their ends; and the judgement of what is left.
 */
import { seededNumbers } from "../../seeded-numbers";
import { auditBodies, type BodyCounts } from "./audit-bodies";
import { auditLogs, auditPayloads, auditResults, auditStreams, readRuns } from "./audit-runs";
import { readBodies } from "./body-lines";
import { FaultMaker } from "./fault-maker";
import { planFaults } from "./fault-plan";
import { PREFIX, Scene, type SceneSettings } from "./scene";

export interface CampaignSettings extends SceneSettings {
  durationMs: number;
  longestOutageMs: number;
  faultEveryMs: number;
}

export interface CampaignOutcome {
  problems: string[];
  counts: BodyCounts & {
    runs: number;
    /** Runs that wait until somebody looks at them, by the codes of their reasons. */
    parked: Record<string, number>;
    payloads: number;
    processes: number;
    /** Those whose clock jumped by an hour. */
    jumps: number;
    faults: Record<string, number>;
    /** From the end of the faults until all runs were over. */
    settledMs: number;
  };
  /** What was done to whom, and when. */
  diary: readonly string[];
}

export async function runCampaign(
  roots: readonly string[],
  folder: string,
  settings: CampaignSettings,
): Promise<CampaignOutcome> {
  const scene = await Scene.open(roots, folder, settings);
  try {
    const { load } = scene;
    const loading = load.run();
    const maker = new FaultMaker({ ...scene, prefix: PREFIX });
    const { durationMs, places, leaseMs, longestOutageMs, faultEveryMs: everyMs } = settings;
    const options = { durationMs, places, leaseMs, longestOutageMs, everyMs };
    await maker.perform(planFaults(options, seededNumbers(settings.seed * 10 + 3)));
    load.end();
    await loading;
    return await judge(scene, maker, await scene.untilQuiet());
  } finally {
    await scene.close();
  }
}

async function judge(scene: Scene, maker: FaultMaker, settledMs: number): Promise<CampaignOutcome> {
  const { world, fleet, load, settings } = scene;
  const runs = await readRuns(world);
  const open = await scene.openRuns(runs);
  const gone = [...fleet.acknowledged.keys()].filter((runId) => !runs.has(runId));
  const problems = [
    ...load.missing().map((runId) => `${runId}: nobody could be told that it is started`),
    ...gone.map((runId) => `${runId} was acknowledged, and is not there (P1)`),
    ...open.problems,
    ...auditLogs(runs),
    ...auditResults(runs, load.planned, load),
    ...auditPayloads(runs, load.payloads),
    ...(await auditStreams(world, runs, load.planned, load.heard)),
  ];
  await fleet.close();
  const judged = auditBodies(runs, readBodies(fleet.all), settings.leaseMs);
  problems.push(...scene.deaths(), ...judged.problems);
  const counts = {
    ...judged.counts,
    ...{ runs: runs.size, parked: open.parked, payloads: load.payloads.size, settledMs },
    jumps: fleet.all.filter((worker) => worker.settings.jump !== undefined).length,
    ...{ processes: fleet.all.length, faults: Object.fromEntries(maker.counts) },
  };
  return { problems, counts, diary: maker.diary };
}
