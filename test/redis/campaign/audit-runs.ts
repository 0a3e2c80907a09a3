/**
 * What holds of the runs of a campaign when all is over: what was acknowledged is there (P1), each
 * has ended as it has to (P2), and each log is one that replay comes to the same end with (P4).
 */
import { isDeepStrictEqual } from "node:util";
import { getRun } from "../../../lib/api";
import type { StoredBundle } from "../../../lib/contract/bundle";
import type { RunEvent } from "../../../lib/contract/event";
import type { RunRecord } from "../../../lib/contract/run";
import { TERMINAL } from "../../../lib/contract/run";
import { buildStreamId } from "../../../lib/contract/stream";
import type { LogEntry, World } from "../../../lib/contract/world";
import { createHostCodec } from "../../../lib/engine/host-codec";
import { stepIdOf } from "../../../lib/engine/ids";
import { type CompiledBundle, compileBundle } from "../../../lib/replay/sandbox";
import { readChunk } from "../../../lib/streams/chunk";
import { checkLog, checkOpenLog, checkReplay, checkWaiting } from "../../engine/check-log";
import type { PlannedRun } from "./load-plan";

/** Of the load. */
export interface Cancels {
  cancelled: ReadonlySet<string>;
  triedToCancel: ReadonlySet<string>;
}

export interface StoredRun {
  record: RunRecord;
  entries: LogEntry[];
  events: RunEvent[];
  bundle: CompiledBundle;
}

const ALL = 100_000;
const PAGE = 500;

const codec = createHostCodec();

export async function readRuns(world: World): Promise<Map<string, StoredRun>> {
  const runs = new Map<string, StoredRun>();
  const bundles = new Map<string, CompiledBundle>();
  let cursor: string | null | undefined;
  do {
    const page = await world.runs.list({ limit: PAGE, ...(cursor && { cursor }) });
    for (const record of page.data) {
      const { runId, bundle: hash } = record;
      if (!bundles.has(hash)) {
        const { code } = JSON.parse((await world.bundles.get(hash))!) as StoredBundle;
        bundles.set(hash, compileBundle(code, hash));
      }
      const entries = await world.runs.read(runId, 1, ALL);
      const events = entries.map(({ event }) => event);
      runs.set(runId, { record, entries, events, bundle: bundles.get(hash)! });
    }
    ({ cursor } = page);
  } while (cursor);
  return runs;
}

/** The rules of logs hold, whatever has happened, and whether a run is over or not. */
export function auditLogs(runs: ReadonlyMap<string, StoredRun>): string[] {
  return [...runs].flatMap(([runId, { record, entries, events, bundle }]) => {
    const isOver = TERMINAL.has(record.status);
    const problems = isOver
      ? [...checkLog(entries), ...checkReplay(events, bundle)]
      : [...checkOpenLog(entries), ...(record.parked ? [] : checkWaiting(events, bundle))];
    if (record.position !== entries.length) {
      problems.push(`the log has ${entries.length} entries, and the run says ${record.position}`);
    }
    const seen = problems.length > 0 ? [`its log: ${shortLog(events)}`] : [];
    return [...problems, ...seen].map((problem) => `${runId}: ${problem}`);
  });
}

/** What happened in it and when, for whoever looks into it. */
function shortLog(events: readonly RunEvent[]): string {
  const from = events[0]?.at ?? 0;
  const lines = events.map((event) => {
    const call = "call" in event ? ` ${event.call.replace(/^.*\/\//, "")}` : "";
    return `${event.type}${call} +${event.at - from}`;
  });
  return lines.join(", ").slice(0, 2_000);
}

/** It gave what it had to give, or has failed as it may: a step was lost five times in a row (E6). */
export function auditResults(
  runs: ReadonlyMap<string, StoredRun>,
  planned: ReadonlyMap<string, PlannedRun>,
  cancels: Cancels,
): string[] {
  const problems = [...cancels.cancelled].flatMap((runId) => {
    const status = runs.get(runId)?.record.status;
    return status === "cancelled" ? [] : [`${runId} is ${status}, and its cancel was acknowledged`];
  });
  const versions = new Map<string, unknown>();
  for (const [runId, { record, events }] of runs) {
    const last = events.at(-1);
    if (last?.type === "run_failed" && isGivenUp(runs, runId)) continue;
    if (last?.type !== "run_completed") {
      if (TERMINAL.has(record.status) && !mayBeCancelled(runs, record, cancels)) {
        const why = record.failure?.message.slice(0, 300);
        problems.push(`${runId} (${record.workflow}) is ${record.status}: ${why}`);
      }
      continue;
    }
    const [version, result] = codec.decode(last.output) as [unknown, unknown];
    const known = versions.get(record.bundle) ?? version;
    versions.set(record.bundle, known);
    if (known !== version) problems.push(`${runId} went on with the code of another version (P6)`);
    if (planned.get(runId)?.isRight(result) === false) {
      problems.push(`${runId} gave ${JSON.stringify(result).slice(0, 300)}`);
    }
  }
  return problems;
}

/** Somebody has tried to, or it was started by a run that is. */
function mayBeCancelled(
  runs: ReadonlyMap<string, StoredRun>,
  { runId, status, parent }: RunRecord,
  { triedToCancel }: Cancels,
): boolean {
  if (status !== "cancelled") return false;
  const isParentCancelled = runs.get(parent ?? "")?.record.status === "cancelled";
  return triedToCancel.has(runId) || isParentCancelled;
}

/** Payloads of which somebody was told that they are stored: each in the log of its run, once (P1, W5). */
export function auditPayloads(
  runs: ReadonlyMap<string, StoredRun>,
  acknowledged: ReadonlyMap<string, { runId: string }>,
): string[] {
  const counts = new Map<string, number>();
  for (const { events } of runs.values()) {
    for (const event of events) {
      if (event.type !== "hook_received") continue;
      const payload = String(codec.decode(event.payload));
      counts.set(payload, (counts.get(payload) ?? 0) + 1);
    }
  }
  const problems = [...counts].filter(([, count]) => count > 1);
  return [
    ...problems.map(([payload, count]) => `"${payload}" is in the logs ${count} times (W5)`),
    ...[...acknowledged].flatMap(([payload, { runId }]) => {
      // A run that is not over may have it still to come, and is talked about elsewhere.
      const isExcused = runs.get(runId)?.record.status !== "completed";
      return counts.has(payload) || isExcused ? [] : [`"${payload}" is lost, of ${runId} (P1)`];
    }),
  ];
}

/** Chunks have dense indexes; those of each attempt are in order, and complete if it completed (W6). */
export async function auditStreams(
  world: World,
  runs: ReadonlyMap<string, StoredRun>,
  planned: ReadonlyMap<string, PlannedRun>,
  heard: ReadonlyMap<string, unknown[]>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [runId, { chunks: count }] of planned) {
    const run = runs.get(runId);
    if (count === 0 || !run) continue;
    const chunks = await world.streams.read(buildStreamId(runId), 0, ALL);
    const writers = new Map<string, string[]>();
    for (const [index, chunk] of chunks.entries()) {
      if (chunk.index !== index) problems.push(`${runId}: chunk ${chunk.index} at ${index} (W6)`);
      const { writer, attempt, number, text } = readChunk(chunk.data);
      const own = writers.get(`${writer} ${attempt}`) ?? [];
      const value = String(codec.decode(text));
      if (number !== own.length || !value.endsWith(` ${number}`)) {
        problems.push(`${runId}: attempt ${attempt} wrote ${value} as number ${number} (W6)`);
      }
      writers.set(`${writer} ${attempt}`, [...own, value]);
    }
    const all = chunks.map(({ data }) => codec.decode(readChunk(data).text));
    const live = heard.get(runId);
    if (!live && TERMINAL.has(run.record.status)) problems.push(`${runId}: its reader never ended`);
    if (live && !isDeepStrictEqual(live, all)) {
      problems.push(`${runId}: a reader heard ${live.length} chunks, not the ${all.length} (W6)`);
    }
    for (const key of completedWriters(run)) {
      const found = writers.get(key)?.length ?? 0;
      if (found === count) continue;
      problems.push(`${runId}: attempt ${key} wrote ${count} chunks, and ${found} are there (W6)`);
    }
  }
  return problems;
}

/** One line about a run that is not over: why, in its own words and in those of its record. */
export async function describeOpen(world: World, { record, events }: StoredRun): Promise<string> {
  const { runId, workflow, parked, dueAt } = record;
  const why = await getRun(runId, { world }).explain();
  const messages = await world.inbox.read(runId, 10);
  const tail = JSON.stringify(events.slice(-3)).slice(0, 600);
  const facts = JSON.stringify({
    dueAt,
    now: await world.now(),
    parked,
    messages: messages.length,
  });
  return `${runId} (${workflow}) is not over: ${why} ${facts} ${tail}`;
}

function completedWriters({ record: { runId }, events }: StoredRun): string[] {
  const steps = new Map<string, { id: string; attempt: number }>();
  const completed: string[] = [];
  for (const event of events) {
    if (event.type === "step_created" && event.call.includes("//write")) {
      steps.set(event.call, { id: stepIdOf(runId, event.call, event.at), attempt: 0 });
    } else if (event.type === "step_started") {
      const step = steps.get(event.call);
      if (step) step.attempt = event.attempt;
    } else if (event.type === "step_completed") {
      const step = steps.get(event.call);
      if (step) completed.push(`${step.id} ${step.attempt}`);
    }
  }
  return completed;
}

/** It, or a run that it waited for. */
function isGivenUp(runs: ReadonlyMap<string, StoredRun>, runId: string): boolean {
  const events = runs.get(runId)?.events ?? [];
  return events.some((event, index) => {
    if (event.type === "child_failed") {
      const awaited = events.find(
        (each) => each.type === "child_awaited" && each.call === event.call,
      );
      return awaited?.type === "child_awaited" && isGivenUp(runs, awaited.runId);
    }
    if (event.type !== "step_failed" || event.failure.code !== "STEP_LOST") return false;
    const own = events.slice(0, index).filter((each) => "call" in each && each.call === event.call);
    const last = own.filter(({ type }) => type !== "step_started").slice(-5);
    const isLost = (each: RunEvent) => each.type === "step_interrupted" && each.reason === "lost";
    return last.length === 5 && last.every(isLost);
  });
}
