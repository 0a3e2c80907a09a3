/** What is open in a run, from its log. */
import type { RunEvent } from "../contract/event";
import type { RunRecord } from "../contract/run";
import { RunState } from "../contract/run-state";
import { withoutVoids } from "../contract/voids";
import type { World } from "../contract/world";

const PAGE = 1_000;

export async function readState(
  world: World,
  { runId, position }: Pick<RunRecord, "runId" | "position">,
): Promise<RunState> {
  const state = new RunState();
  for (const event of withoutVoids(await readLog(world, runId, position))) state.note(event);
  return state;
}

/** The first events of a log, up to a position. */
export async function readLog(world: World, runId: string, position: number): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  while (events.length < position) {
    const limit = Math.min(PAGE, position - events.length);
    const page = await world.runs.read(runId, events.length + 1, limit);
    if (page.length === 0) break;
    for (const { event } of page) events.push(event);
  }
  return events;
}
