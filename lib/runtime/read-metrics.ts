/**
 * What a process knows of its work and of the world, as Prometheus reads it. It costs the world two
 * questions, and one more for each reason for which this process has parked runs.
 */
import { setTimeout } from "node:timers/promises";
import type { World } from "../contract/world";
import type { Engine } from "../engine/engine";
import type { Metric } from "../engine/metric";
import { metricsText } from "./metrics-text";

/** How long the world may take to answer. A scrape has ten seconds, as a rule. */
const WORLD_LIMIT_MS = 2_000;
/** Parked runs are counted up to here. */
const MOST_COUNTED = 100;

/** Never rejects: a world that is away is a fact to be scraped. */
export async function readMetrics(world: World, engine: Engine | undefined): Promise<string> {
  const own = engine ? [...engine.metrics.read(), ...gaugesOf(engine)] : [];
  const codes = engine?.metrics.runsParked.labels ?? [];
  const late = setTimeout(WORLD_LIMIT_MS, null, { ref: false });
  const found = await Promise.race([lookAt(world, codes).catch(() => null), late]);
  const reachable = gauge("everstep_world_reachable", "Whether the world answers.", found ? 1 : 0);
  return metricsText([...own, reachable, ...(found ?? [])]);
}

function gaugesOf({ isConsuming, owned, slotsInUse }: Engine): Metric[] {
  return [
    gauge("everstep_consuming", "Whether this process takes runs.", isConsuming ? 1 : 0),
    gauge("everstep_runs_owned", "Runs that this process has now.", owned),
    gauge("everstep_slots_in_use", "Steps that run in this process now.", slotsInUse),
  ];
}

async function lookAt(world: World, codes: readonly string[]): Promise<Metric[]> {
  const now = await world.now();
  const dueAt = await world.dispatch.nextDue();
  const overdue = dueAt === null ? 0 : Math.max(0, now - dueAt) / 1_000;
  const counts = await Promise.all(codes.map((code) => countParked(world, code)));
  const parked: Metric = {
    name: "everstep_runs_parked",
    help: `Runs that are parked now, at most ${MOST_COUNTED}, for reasons that this process has met.`,
    type: "gauge",
    samples: codes.map((code, n) => ({ label: ["code", code], value: counts[n]! })),
  };
  const help = "For how long the run that was due first has been waiting for a process.";
  const due = await world.dispatch.countDue();
  return [
    gauge("everstep_overdue_seconds", help, overdue),
    gauge("everstep_runs_due", "Runs that are due now and that no process has.", due),
    parked,
  ];
}

async function countParked(world: World, code: string): Promise<number> {
  const { data } = await world.runs.list({ parkedFor: code, limit: MOST_COUNTED });
  return data.length;
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: "gauge", samples: [{ value }] };
}
