/** What the code of a run asks for, until it asks for nothing more, and what it is told meanwhile. */
import type { LiveRun } from "./context-cache";
import { askWorld } from "./ask-world";
import type { EngineParts } from "./engine-parts";
import { addMessages } from "./gather-facts";
import type { InboxView } from "./inbox-view";
import type { Turn } from "./turn";

/** A promise only where the world has to be asked. */
export function settleTurn(
  runId: string,
  turn: Turn,
  live: LiveRun,
  inbox: InboxView,
  parts: EngineParts,
): Promise<unknown> | null {
  const again = () => settleMessages(runId, turn, live, inbox, parts);
  const settled = turn.settle((command, at) => askWorld(runId, command, live.state, at, parts));
  if (typeof settled !== "boolean") return settled.then(again);
  return settled ? again() : null;
}

/** A payload may have waited for a hook that came into being just now. */
function settleMessages(
  runId: string,
  turn: Turn,
  live: LiveRun,
  inbox: InboxView,
  parts: EngineParts,
): Promise<unknown> | null {
  if (inbox.count === 0) return null;
  const before = turn.taken.length;
  addMessages(turn, live.state, inbox, parts);
  return turn.taken.length > before ? settleTurn(runId, turn, live, inbox, parts) : null;
}
