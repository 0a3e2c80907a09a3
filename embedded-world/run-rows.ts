/** Between a row of the table of runs and what the contract calls a run. */
import type { RunEvent } from "../lib/contract/event";
import type { RunChange, RunRecord } from "../lib/contract/run";
import { TERMINAL } from "../lib/contract/run";
import type { NewRun } from "../lib/contract/world";
import type { Parameter, Row } from "./sqlite";

export function recordOf(row: Row): RunRecord {
  const record: RunRecord = {
    runId: text(row["run_id"]),
    workflow: text(row["workflow"]),
    bundle: text(row["bundle"]),
    status: text(row["status"]) as RunRecord["status"],
    createdAt: Number(row["created_at"]),
    position: Number(row["position"]),
    dueAt: row["due_at"] === null ? null : Number(row["due_at"]),
  };
  const { started_at, ended_at, key, title, metadata, tags, parent, parked, failure } = row;
  if (present(started_at)) record.startedAt = Number(started_at);
  if (present(ended_at)) record.endedAt = Number(ended_at);
  if (present(key)) record.key = text(key);
  if (present(title)) record.title = text(title);
  if (present(metadata)) record.metadata = text(metadata);
  if (present(tags)) record.tags = JSON.parse(text(tags)) as Record<string, string>;
  if (present(parent)) record.parent = text(parent);
  if (present(parked)) record.parked = JSON.parse(text(parked)) as RunRecord["parked"] & object;
  if (present(failure)) record.failure = JSON.parse(text(failure)) as RunRecord["failure"] & object;
  return record;
}

const INSERT_COLUMNS = [
  ...["run_id", "workflow", "bundle", "status", "created_at", "position", "stamp"],
  ...["key", "title", "metadata", "tags", "parent", "due_at"],
];

export const INSERT_RUN = `INSERT INTO runs (${INSERT_COLUMNS.join(", ")})
  VALUES (${INSERT_COLUMNS.map(() => "?").join(", ")})`;

export function insertParameters({ record, dueAt }: NewRun, now: number): Parameter[] {
  const { runId, workflow, bundle, key, title, metadata, tags, parent } = record;
  return [
    ...[runId, workflow, bundle, "pending", now, 1, 1],
    ...[key ?? null, title ?? null, metadata ?? null, tags ? JSON.stringify(tags) : null],
    parent ?? null,
    Math.max(dueAt ?? now, now),
  ];
}

/** The columns that a change touches, with their new values. */
export function changedColumns(change: RunChange): [column: string, value: Parameter][] {
  const columns: [string, Parameter][] = [];
  const { status, startedAt, endedAt, parked, failure, bundle } = change;
  if (status !== undefined) columns.push(["status", status]);
  if (startedAt !== undefined) columns.push(["started_at", startedAt]);
  if (endedAt !== undefined) columns.push(["ended_at", endedAt]);
  if (failure !== undefined) columns.push(["failure", JSON.stringify(failure)]);
  if (bundle !== undefined) columns.push(["bundle", bundle]);
  if (parked !== undefined) columns.push(["parked", parked && JSON.stringify(parked)]);
  return columns;
}

export function endsRun({ status }: RunChange): boolean {
  return status !== undefined && TERMINAL.has(status);
}

/** The events of one append as one text. */
export function eventsText(events: readonly RunEvent[]): string {
  return JSON.stringify(events);
}

export function eventsOf(row: Row): RunEvent[] {
  return JSON.parse(text(row["events"])) as RunEvent[];
}

export function text(value: Parameter | undefined): string {
  return String(value);
}

function present(value: Parameter | undefined): value is string | number {
  return value !== null && value !== undefined;
}
