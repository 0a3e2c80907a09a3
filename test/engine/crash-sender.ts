/** Whoever sends payloads while processes die: each once, at its moment, until it is acknowledged. */
import { HookNotFoundError } from "../../lib/errors";
import { resumeHook } from "../../lib/api";
import type { RunEvent } from "../../lib/contract/event";
import type { World } from "../../lib/contract/world";
import { until } from "./test-app";

export interface Sending {
  payload: string;
  /** What it waits for; without it, for a hook only. Payloads go one after the other. */
  after?: "a timeout" | "the others" | "a hand-over" | "a retry";
}

/** Sends them all to the hooks of that token; ends early when `isStopped` says so. */
export async function sendInTurn(
  world: World,
  token: string,
  sendings: readonly Sending[],
  isStopped: () => boolean,
): Promise<void> {
  const receivers: string[] = [];
  for (const [nth, sending] of sendings.entries()) {
    await until(async () => isStopped() || (await send(world, token, { nth, sending, receivers })));
  }
}

interface Attempt {
  nth: number;
  sending: Sending;
  /** The runs that got those before it. */
  receivers: string[];
}

/** False if its moment has not come. */
async function send(
  world: World,
  token: string,
  { nth, sending: { payload, after }, receivers }: Attempt,
): Promise<boolean> {
  const hook = await world.hooks.find(token);
  if (!hook) return false;
  const { runId } = hook;
  if (after === "a hand-over" && receivers.includes(runId)) return false;
  const events = (await world.runs.read(runId, 1, 10_000)).map(({ event }) => event);
  if (!isTime(after, events, nth)) return false;
  try {
    await resumeHook(token, payload, { id: `payload ${nth}`, world });
    receivers.push(runId);
    return true;
  } catch (error) {
    // Its run has ended between the two questions.
    if (HookNotFoundError.is(error)) return false;
    throw error;
  }
}

function isTime(after: Sending["after"], events: readonly RunEvent[], sent: number): boolean {
  const isReceived = ({ type }: RunEvent) => type === "hook_received";
  switch (after) {
    case "a timeout": {
      const since = events.slice(events.findLastIndex(isReceived) + 1);
      return isTime("the others", events, sent) && since.some(isTimeout);
    }
    case "the others":
      return events.filter(isReceived).length === sent;
    case "a retry":
      return events.some(({ type }) => type === "run_retried");
    default:
      return true;
  }
}

function isTimeout({ type }: RunEvent): boolean {
  return type === "wait_completed";
}
