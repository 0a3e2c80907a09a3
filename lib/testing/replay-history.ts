/**
 * A recorded run against the code of today: does it take the same path? Nothing is executed and
 * nothing stored; what the steps gave is in the history.
 */
import { clientCodec } from "../client/client-codec";
import { causeOf } from "../client/result";
import type { CallKey } from "../contract/call";
import type { Command } from "../contract/command";
import { CorruptedEventLogError, WorkflowRuntimeError } from "../contract/error";
import type { RunEvent } from "../contract/event";
import { LoadedBundle } from "../engine/bundle-store";
import { makeServices } from "../engine/make-parts";
import { type Outcome, replay as replayEvents } from "../replay/replay";
import type { CurrentBundle } from "../runtime/app-bundle";
import { current } from "../runtime/current";
import { testBundle } from "./test-bundle";

/** An event, or an entry of `run.events()`. */
export type HistoryEntry = RunEvent | { event: RunEvent };

/** A run, what its `events()` gave, or that as it was read from a file. */
export type History =
  Iterable<HistoryEntry> | AsyncIterable<HistoryEntry> | { events(): AsyncIterable<HistoryEntry> };

/** A compiled workflow, or its id. */
export type ReplayedWorkflow = ((...args: never[]) => unknown) | { workflowId: string };

export type ReplayResult<T = unknown> = { events: number } & (
  | { status: "completed"; returnValue: T }
  | { status: "failed"; error: Error & { code?: string } }
  | { status: "cancelled" }
  /** `open`: the calls whose end it waits for. `next`: those that the history does not hold yet. */
  | { status: "suspended"; open: CallKey[]; next: CallKey[] }
);

type ResultOf<W> = W extends (...args: never[]) => infer R ? Awaited<R> : unknown;

/** Rejects with a ReplayDivergenceError where the code takes another path than the history. */
export async function replay<W extends ReplayedWorkflow>(
  history: History,
  workflow: W,
): Promise<ReplayResult<ResultOf<W>>> {
  const events = await readHistory(history, idOf(workflow));
  const app = current().app ?? testBundle({});
  const bundle = loadBundle(await app.current());
  const services = { ...makeServices(() => undefined), print: () => undefined };
  const outcome = replayEvents(events, { bundle: bundle.compiled, services });
  return { events: events.length, ...resultOf(outcome, bundle) } as ReplayResult<ResultOf<W>>;
}

function resultOf(outcome: Outcome, bundle: LoadedBundle) {
  const { status } = outcome;
  switch (status) {
    case "completed":
      return { status, returnValue: clientCodec().decode(outcome.output) };
    case "failed": {
      const { failure } = outcome;
      const { stack } = failure;
      const mapped = stack === undefined ? {} : { stack: bundle.mapStack(stack) };
      return { status, error: causeOf({ ...failure, ...mapped }) };
    }
    case "cancelled":
      return { status };
    case "suspended":
      return { status, open: outcome.open, next: outcome.commands.flatMap(callOf) };
    case "stuck":
      throw outcome.error;
  }
}

function callOf(command: Command): CallKey[] {
  return "call" in command ? [command.call] : [];
}

/** The last one is kept: a folder of histories is replayed on one bundle. */
let last: LoadedBundle | undefined;

function loadBundle({ hash, stored }: CurrentBundle): LoadedBundle {
  if (last?.hash !== hash) last = new LoadedBundle(hash, stored);
  return last;
}

/** The workflow may have moved since: the one that was asked for counts. */
async function readHistory(history: History, workflow: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const entry of entriesOf(history)) events.push(eventOf(entry, events.length + 1));
  const [first, ...rest] = events;
  return first?.type === "run_created" ? [{ ...first, workflow }, ...rest] : events;
}

function entriesOf(history: History): Iterable<HistoryEntry> | AsyncIterable<HistoryEntry> {
  return "events" in history ? history.events() : history;
}

function eventOf(entry: HistoryEntry, number: number): RunEvent {
  const event = (entry as { event?: unknown } | null)?.event ?? entry;
  const { type, at } = (event ?? {}) as Partial<RunEvent>;
  if (typeof type === "string" && typeof at === "number") return event as RunEvent;
  throw new CorruptedEventLogError(
    "EVENT_LOG_CORRUPTED",
    `Entry ${number} of the history is no event`,
  );
}

function idOf(workflow: unknown): string {
  const { workflowId } = (workflow ?? {}) as { workflowId?: unknown };
  if (typeof workflowId === "string" && workflowId !== "") return workflowId;
  throw new WorkflowRuntimeError(
    "START_INVALID",
    "`replay` takes a compiled workflow function or its id as its second argument",
  );
}
