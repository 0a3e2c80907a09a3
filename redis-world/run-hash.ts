/** Between the hash of a run and what the contract calls a run; and runs and appends as arguments. */
import type { RunEvent } from "../lib/contract/event";
import { type RunChange, type RunRecord, TERMINAL } from "../lib/contract/run";
import type { Append, HookRecord, NewRun, Reopening } from "../lib/contract/world";
import type { Argument } from "./connection";

export type RunHash = Partial<Record<string, string>>;

/** Ahead of the name of a tag, in a field of its own. */
const TAG = "tag:";

export function recordOf(hash: RunHash): RunRecord {
  const { startedAt, endedAt, key, title, metadata, parent, parked, failure, dueAt } = hash;
  const record: RunRecord = {
    runId: hash["runId"]!,
    workflow: hash["workflow"]!,
    bundle: hash["bundle"]!,
    status: hash["status"] as RunRecord["status"],
    createdAt: Number(hash["createdAt"]),
    position: Number(hash["position"]),
    dueAt: dueAt === undefined ? null : Number(dueAt),
  };
  if (startedAt !== undefined) record.startedAt = Number(startedAt);
  if (endedAt !== undefined) record.endedAt = Number(endedAt);
  if (key !== undefined) record.key = key;
  if (title !== undefined) record.title = title;
  if (metadata !== undefined) record.metadata = metadata;
  const tags = tagsOf(hash);
  if (tags.length > 0) record.tags = Object.fromEntries(tags);
  if (parent !== undefined) record.parent = parent;
  if (parked !== undefined) record.parked = JSON.parse(parked) as RunRecord["parked"] & object;
  if (failure !== undefined) record.failure = JSON.parse(failure) as RunRecord["failure"] & object;
  return record;
}

/** The field of each tag is also the name of its index. */
export function tagFields(tags: RunRecord["tags"] = {}): Record<string, string> {
  const fields = Object.entries(tags).map(([name, value]) => [TAG + name, value]);
  return Object.fromEntries(fields) as Record<string, string>;
}

function tagsOf(hash: RunHash): [name: string, value: string][] {
  return Object.entries(hash).flatMap(([field, value]) =>
    field.startsWith(TAG) ? [[field.slice(TAG.length), value!]] : [],
  );
}

/** Out of a flat list of fields and values. */
export function hashOf(flat: readonly string[]): RunHash {
  const hash: RunHash = {};
  for (let at = 0; at < flat.length; at += 2) hash[flat[at]!] = flat[at + 1]!;
  return hash;
}

/** An event whose time the world gives, as the texts before and behind that. */
export function aroundTime({ type, at: _at, ...rest }: RunEvent): [head: string, tail: string] {
  const tail = JSON.stringify(rest).slice(1);
  return [`{"type":"${type}","at":`, tail === "}" ? tail : `,${tail}`];
}

export function createArguments({ record, event, dueAt }: NewRun): Argument[] {
  const { runId, workflow, bundle, key, title, metadata, tags, parent } = record;
  const fields = { workflow, bundle, key, title, metadata, parent, ...tagFields(tags) };
  return [runId, dueAt ?? "", ...aroundTime(event), ...given(fields)];
}

export function appendArguments(append: Append): Argument[] {
  const { runId, appendId, fence, position, events, change = {}, dueAt, seen, releases } = append;
  const { taken = [], hooks = [], disposed = [], followUps = [], offers = [] } = append;
  return [
    ...[runId, appendId, fence, position, dueArgument(dueAt), seen ?? ""],
    ...[releases ? "releases" : "", change.status ?? "", parkedArgument(change)],
    change.bundle ?? "",
    ...counted(events.map((event) => JSON.stringify(event))),
    ...counted(changedFields(change)),
    ...counted(taken),
    ...counted(hooks.flatMap(hookArguments)),
    ...counted(disposed),
    ...counted(followUps),
    ...counted(offers.flatMap(({ call, attempt, body }) => [call, attempt, body])),
  ];
}

/** `keptUntil`: when others may have its custom tokens; null if there are none. */
export function reopenArguments(reopening: Reopening, keptUntil: number | null): Argument[] {
  const { runId, id, position, event, hooks } = reopening;
  const first = [runId, id, position, keptUntil ?? "", event.bundle ?? ""];
  return [...first, ...aroundTime(event), ...hooks.flatMap(hookArguments)];
}

export function dueArgument(dueAt: number | null | undefined): Argument {
  return dueAt === null ? "none" : (dueAt ?? "");
}

export function endsRun({ status }: RunChange): boolean {
  return status !== undefined && TERMINAL.has(status);
}

function changedFields({ startedAt, endedAt, parked, failure }: RunChange): Argument[] {
  const [why, reason] = [failure, parked].map((value) => value && JSON.stringify(value));
  return given({ startedAt, endedAt, failure: why, parked: reason });
}

function hookArguments(hook: HookRecord): Argument[] {
  return [hook.call, hook.token, JSON.stringify(hook)];
}

function parkedArgument({ parked }: RunChange): string {
  return parked === null ? "none" : (parked?.code ?? "");
}

function counted(list: readonly Argument[]): Argument[] {
  return [list.length, ...list];
}

/** Names and values of what is given, flat. */
function given(fields: Record<string, Argument | null | undefined>): Argument[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [name, value],
  );
}
