/** What the world has to be asked before a turn can say what became of a command. */
import type { AwaitChildCommand, Command, HookCommand } from "../contract/command";
import type { RunEvent } from "../contract/event";
import type { RunState } from "../contract/run-state";
import { eventOf } from "../replay/created-events";
import { childEvent, watchChild } from "./children";
import type { EngineParts } from "./engine-parts";
import { reserveToken } from "./reserve-token";

export type AskedCommand = HookCommand | AwaitChildCommand;

export function asksWorld(command: Command): command is AskedCommand {
  return command.type === "child" || (command.type === "hook" && command.isCustomToken);
}

export async function askWorld(
  runId: string,
  command: AskedCommand,
  state: RunState,
  at: number,
  parts: EngineParts,
): Promise<RunEvent[]> {
  const { call } = command;
  const event = eventOf(command, at);
  if (command.type === "child") {
    const outcome = await watchChild({ runId, call, child: command.runId }, parts);
    return outcome ? [event, childEvent(call, outcome, at)] : [event];
  }
  const { digest, token } = command;
  const owner = await reserveToken(runId, token, call, state, parts);
  if (!owner) return [event];
  return [{ type: "hook_conflicted", at, call, digest, token, ownerRunId: owner.runId }];
}
