/** Whose a custom token is, before the append that creates its hook (W4). */
import type { CallKey } from "../contract/call";
import type { RunState } from "../contract/run-state";
import type { EngineParts } from "./engine-parts";
import { untilAnswered } from "./until-answered";

/**
 * Null if the hook may have it, else the run that has it. A hook of the same run that is open has it;
 * one that is gone does not, though the world may hear of that only with this very append.
 */
export async function reserveToken(
  runId: string,
  token: string,
  call: CallKey,
  { hooks }: RunState,
  { world, patience }: EngineParts,
): Promise<{ runId: string } | null> {
  if ([...hooks.values()].includes(token)) return { runId };
  const ask = () => world.hooks.reserve(token, runId, call);
  const outcome = await untilAnswered(ask, "reserve a token", patience);
  // crash here: the next owner of the run asks for the token again, and has it.
  return outcome.status === "taken" ? { runId: outcome.runId } : null;
}
