/**
 * What a killed process may leave behind (P1, P3, E3): the folder as it was after the kill, beside
 * the folder as it is when another process has brought everything to its end.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { StoredBundle } from "../../lib/contract/bundle";
import type { CallKey } from "../../lib/contract/call";
import type { RunEvent } from "../../lib/contract/event";
import type { RunRecord } from "../../lib/contract/run";
import type { LogEntry } from "../../lib/contract/world";
import { stepIdOf } from "../../lib/engine/ids";
import { type CompiledBundle, compileBundle } from "../../lib/replay/sandbox";
import { checkLog, checkOpenLog, checkReplay, checkWaiting } from "./check-log";
import { openPlace, type RedisPlace } from "./crash-place";

export interface StoredRun {
  record: RunRecord;
  entries: LogEntry[];
  bundle: CompiledBundle;
}

/** By run id. */
export type Folder = Map<string, StoredRun>;

/** A body that began or ended, as it said itself. */
export interface BodyLine {
  what: "began" | "ended";
  life: string;
  runId: string;
  stepId: string;
  attempt: number;
  label: string;
  at: number;
}

const ALL = 100_000;
const STEP_OUTCOMES = new Set([
  ...["step_completed", "step_failed", "step_retrying", "step_interrupted"],
]);

/** Compiled once for all folders. */
const compiled = new Map<string, CompiledBundle>();

/** What is on Redis, where the runs are there. */
export async function readFolder(dataDir: string, redis?: RedisPlace): Promise<Folder> {
  const world = openPlace({ dataDir, redis });
  const folder: Folder = new Map();
  const { data } = await world.runs.list({ limit: 1000 });
  for (const record of data) {
    const { runId, bundle: hash } = record;
    const { code } = JSON.parse((await world.bundles.get(hash))!) as StoredBundle;
    if (!compiled.has(hash)) compiled.set(hash, compileBundle(code, hash));
    const entries = await world.runs.read(runId, 1, ALL);
    folder.set(runId, { record, entries, bundle: compiled.get(hash)! });
  }
  await world.close();
  return folder;
}

export function readBodies(dataDir: string): BodyLine[] {
  const file = path.join(dataDir, "bodies.jsonl");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as BodyLine);
}

/** One process after the other on a folder: what each kill left, and which life it ended. */
export interface Kill {
  life: string;
  left: Folder;
}

/**
 * What is wrong with a folder; nothing, if all is well. Runs that are not over wait for others. Where a
 * lease has lapsed an attempt may be lost although its process was not killed.
 */
export function auditFolder(
  after: Folder,
  kills: readonly Kill[],
  bodies: BodyLine[],
  hasLapsed = false,
): string[] {
  const problems: string[] = [];
  for (const [runId, { record, entries, bundle }] of after) {
    const own = bodies.filter((line) => line.runId === runId);
    const isWaiting = record.endedAt === undefined;
    const found = [
      ...(isWaiting ? checkOpenLog(entries) : checkLog(entries)),
      ...(isWaiting ? checkWaiting : checkReplay)(eventsOf(entries), bundle),
      ...checkBodies(eventsOf(entries), own),
      ...checkKills(runId, eventsOf(entries), kills, own, hasLapsed),
    ];
    problems.push(...found.map((problem) => `${runId}: ${problem}`));
  }
  for (const { left } of kills) {
    for (const runId of left.keys()) if (!after.has(runId)) problems.push(`${runId} is gone`);
  }
  return problems;
}

/** No attempt runs twice, none runs that the log does not know, and what completed has run. */
function checkBodies(events: readonly RunEvent[], bodies: readonly BodyLine[]): string[] {
  const problems: string[] = [];
  const began = idsOf(bodies, "began");
  const ended = new Set(idsOf(bodies, "ended"));
  if (new Set(began).size < began.length) problems.push(`a body ran twice: ${began.join(", ")}`);
  const attempts = attemptsIn(events);
  for (const { id, outcome } of attempts) {
    if (outcome?.type !== "step_completed" || ended.has(id)) continue;
    problems.push(`completed without having run: ${JSON.stringify(outcome)}`);
  }
  const started = new Set(attempts.map(({ id }) => id));
  for (const id of began) if (!started.has(id)) problems.push(`ran and is not in the log: ${id}`);
  return problems;
}

/** What each kill has left stays as it is, and what was under way is lost and nothing else. */
function checkKills(
  runId: string,
  events: readonly RunEvent[],
  kills: readonly Kill[],
  bodies: readonly BodyLine[],
  hasLapsed: boolean,
): string[] {
  const problems: string[] = [];
  const final = new Map(attemptsIn(events).map((attempt) => [attempt.id, attempt]));
  const mayBeLost = new Set<string>();
  for (const { id, isLeftByEnd } of final.values()) if (isLeftByEnd) mayBeLost.add(id);
  const over = new Set<string>();
  for (const { life, left } of kills) {
    const known = eventsOf(left.get(runId)?.entries ?? []);
    const own = bodies.filter((line) => line.life === life);
    problems.push(...checkLife(life, known, own, over));
    if (!isPrefix(known, events)) problems.push(`what was there after ${life} is not any more`);
    for (const { id, key, outcome } of attemptsIn(known)) {
      const last = final.get(id);
      const isStepOver = outcome?.type === "step_completed" || outcome?.type === "step_failed";
      if (isStepOver && !last?.isUndone) over.add(key);
      if (outcome) continue;
      mayBeLost.add(id);
      if (isOver(known) || isLost(last?.outcome) || events.at(-1)?.type === "run_cancelled")
        continue;
      const became = JSON.stringify(last?.outcome);
      problems.push(`${id} was under way when ${life} was killed, and became ${became}`);
    }
  }
  const lastLife = bodies.filter(({ life }) => !kills.some((kill) => kill.life === life));
  problems.push(...checkLife("the last life", events, lastLife, over));
  for (const [id, { outcome }] of final) {
    const isExpected = isLost(outcome) && (hasLapsed || mayBeLost.has(id));
    if (outcome?.type !== "step_interrupted" || isExpected) continue;
    problems.push(`no process was killed that ran ${id}: ${JSON.stringify(outcome)}`);
  }
  return problems;
}

/** The bodies of one life: each was in the log before it began, and none was over before. */
function checkLife(
  life: string,
  known: readonly RunEvent[],
  bodies: readonly BodyLine[],
  over: ReadonlySet<string>,
): string[] {
  const problems: string[] = [];
  const started = new Set(attemptsIn(known).map(({ id }) => id));
  for (const { what, stepId, attempt, label } of bodies) {
    if (what === "ended") continue;
    const id = `${stepId} ${attempt}`;
    if (!started.has(id)) problems.push(`${label} ran in ${life} before its start was stored (E3)`);
    if (over.has(stepId)) problems.push(`${label} ran in ${life} when its outcome was stored (P3)`);
  }
  return problems;
}

function isOver(events: readonly RunEvent[]): boolean {
  const type = events.at(-1)?.type;
  return type === "run_completed" || type === "run_failed" || type === "run_cancelled";
}

function isLost(event: RunEvent | null | undefined): boolean {
  return event?.type === "step_interrupted" && event.reason === "lost";
}

function isPrefix(part: readonly RunEvent[], whole: readonly RunEvent[]): boolean {
  return part.every((event, index) => JSON.stringify(event) === JSON.stringify(whole[index]));
}

interface AuditedAttempt {
  /** As its body knows it. */
  id: string;
  /** Of the step, whichever attempt. */
  key: string;
  outcome: RunEvent | null;
  /** A retry of the run has undone the outcome. */
  isUndone: boolean;
  /** The run failed while it was under way. */
  isLeftByEnd: boolean;
}

function attemptsIn(events: readonly RunEvent[]): AuditedAttempt[] {
  const [first] = events;
  if (first?.type !== "run_created") return [];
  const attempts: AuditedAttempt[] = [];
  const keys = new Map<CallKey, string>();
  const open = new Map<CallKey, AuditedAttempt>();
  const undone = new Set(
    events.flatMap((event) => (event.type === "run_retried" ? event.voids : [])),
  );
  for (const [index, event] of events.entries()) {
    if (event.type === "step_created") {
      keys.set(event.call, stepIdOf(first.runId, event.call, event.at));
    } else if (event.type === "step_started") {
      const key = keys.get(event.call)!;
      const id = `${key} ${event.attempt}`;
      const attempt = { id, key, outcome: null, isUndone: false, isLeftByEnd: false };
      attempts.push(attempt);
      open.set(event.call, attempt);
    } else if (event.type === "run_failed") {
      for (const attempt of open.values()) attempt.isLeftByEnd = true;
    } else if ("call" in event && STEP_OUTCOMES.has(event.type)) {
      const attempt = open.get(event.call);
      if (attempt) Object.assign(attempt, { outcome: event, isUndone: undone.has(index + 1) });
      open.delete(event.call);
    }
  }
  return attempts;
}

function idsOf(bodies: readonly BodyLine[], what: BodyLine["what"]): string[] {
  const lines = bodies.filter((line) => line.what === what);
  return lines.map(({ stepId, attempt }) => `${stepId} ${attempt}`);
}

function eventsOf(entries: readonly LogEntry[]): RunEvent[] {
  return entries.map(({ event }) => event);
}
