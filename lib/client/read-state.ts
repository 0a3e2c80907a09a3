/** What is open in a run, from its log. */
import type { RunRecord } from "../contract/run";
import { RunState } from "../contract/run-state";
import type { World } from "../contract/world";

const PAGE = 1_000;

export async function readState(
  world: World,
  { runId, position }: Pick<RunRecord, "runId" | "position">,
): Promise<RunState> {
  const state = new RunState();
  while (state.position < position) {
    const page = await world.runs.read(runId, state.position + 1, PAGE);
    if (page.length === 0) break;
    for (const { event } of page) state.note(event);
  }
  return state;
}
