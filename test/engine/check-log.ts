/**
 * What holds of every log, whatever has happened to the processes that wrote it: the rules of
 * `lib/contract/event.ts`, those of attempts (E6), and that replay comes to the end that is recorded.
 */
import { isDeepStrictEqual } from "node:util";
import type { CallKey } from "../../lib/contract/call";
import type { RunEvent } from "../../lib/contract/event";
import { withoutVoids } from "../../lib/contract/voids";
import type { LogEntry } from "../../lib/contract/world";
import { replay } from "../../lib/replay/replay";
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { testServices } from "../replay/world";

const ENDS = new Set(["run_completed", "run_failed", "run_cancelled"]);
const CREATED = new Set([
  ...["step_created", "wait_created", "hook_created", "hook_conflicted"],
  "child_awaited",
]);
const CLOSED = new Set([
  ...["step_completed", "step_failed", "wait_completed", "wait_cancelled", "hook_disposed"],
  ...["hook_conflicted", "child_completed", "child_failed"],
]);
const OUTCOMES = new Set(["step_completed", "step_failed", "step_retrying", "step_interrupted"]);

/** What is wrong with the log of a run that is over; nothing, if all is well. */
export function checkLog(entries: readonly LogEntry[]): string[] {
  const events = countingOf(entries);
  const last = events.at(-1);
  const isOver = last !== undefined && ENDS.has(last.type);
  return [...(isOver ? [] : [`the log ends with ${show(last)}`]), ...checkOpenLog(entries)];
}

/** The same of a run that still waits for something. */
export function checkOpenLog(entries: readonly LogEntry[]): string[] {
  const events = countingOf(entries);
  return [
    ...checkPlaces(entries),
    ...checkLife(events),
    ...checkCalls(events),
    ...checkAttempts(events),
  ];
}

/** Without what a retry has undone (V4). */
function countingOf(entries: readonly LogEntry[]): RunEvent[] {
  return withoutVoids(entries.map(({ event }) => event));
}

/** Whether the code, run again on the log, comes to what the log says. */
export function checkReplay(log: readonly RunEvent[], bundle: CompiledBundle): string[] {
  const events = withoutVoids(log);
  const last = events.at(-1)!;
  const outcome = replay(events, { bundle, services: testServices() });
  const before = replay(events.slice(0, -1), { bundle, services: testServices() });
  const gives = (value: unknown, expected: unknown) =>
    isDeepStrictEqual(value, expected) ? [] : [`replay gives ${show(value)} for ${show(last)}`];
  switch (last.type) {
    case "run_completed":
      return [outcome, before].flatMap((each) =>
        gives(each.status === "completed" && each.output, last.output),
      );
    case "run_failed":
      return gives(outcome.status === "failed" && outcome.failure, last.failure);
    case "run_cancelled":
      return [
        ...gives(outcome.status, "cancelled"),
        // All that the code asks for was stored in the turn in which it asked, if it had one.
        ...(isReopened(events) ? [] : gives(before.status === "suspended" && before.commands, [])),
      ];
    default:
      return [`the log ends with ${show(last)}`];
  }
}

/** It was retried, and cancelled before its code had a turn. */
export function isReopened(events: readonly RunEvent[]): boolean {
  return events.at(-2)?.type === "run_retried";
}

/** Whether the code waits, and has asked for nothing that is not in the log. */
export function checkWaiting(log: readonly RunEvent[], bundle: CompiledBundle): string[] {
  const outcome = replay(withoutVoids(log), { bundle, services: testServices() });
  const isWaiting = outcome.status === "suspended" && outcome.commands.length === 0;
  return isWaiting ? [] : [`replay of a run that waits gives ${show(outcome)}`];
}

function checkPlaces(entries: readonly LogEntry[]): string[] {
  const problems: string[] = [];
  let [stamp, at] = [0, 0];
  for (const [index, entry] of entries.entries()) {
    if (entry.position !== index + 1) problems.push(`position ${entry.position} at ${index + 1}`);
    if (entry.stamp <= stamp) problems.push(`stamp ${entry.stamp} after ${stamp}`);
    if (entry.event.at < at) problems.push(`time goes back at ${entry.position}`);
    ({ stamp } = entry);
    at = Math.max(at, entry.event.at);
  }
  return problems;
}

/** One beginning, one start, one end, each in its place (V3). */
function checkLife(events: readonly RunEvent[]): string[] {
  const problems: string[] = [];
  for (const [index, event] of events.entries()) {
    const isLast = index === events.length - 1;
    if ((event.type === "run_created") !== (index === 0))
      problems.push(`${show(event)} at ${index}`);
    if (event.type === "run_started" && index !== 1) problems.push(`${show(event)} at ${index}`);
    if (ENDS.has(event.type) && !isLast) problems.push(`${show(event)} at ${index}`);
  }
  return problems;
}

/** V1 and V2, and that a wait is not over before its time. */
function checkCalls(events: readonly RunEvent[]): string[] {
  const problems: string[] = [];
  const open = new Map<CallKey, RunEvent>();
  const known = new Set<CallKey>();
  for (const event of events) {
    if (!("call" in event)) continue;
    const { call, type } = event;
    if (CREATED.has(type)) {
      if (known.has(call)) problems.push(`created twice: ${show(event)}`);
      known.add(call);
      open.set(call, event);
    } else if (type === "hook_received" && known.has(call)) continue;
    else if (!open.has(call)) problems.push(`about a call that is not open: ${show(event)}`);
    const created = open.get(call);
    if (type === "wait_completed" && created?.type === "wait_created" && created.dueAt > event.at) {
      problems.push(`before its time: ${show(event)}`);
    }
    if (CLOSED.has(type)) open.delete(call);
  }
  return problems;
}

/** Counted upward, one at a time, each with one outcome unless the run ended first (E6). */
function checkAttempts(events: readonly RunEvent[]): string[] {
  const problems: string[] = [];
  const steps = new Map<CallKey, { attempt: number; isRunning: boolean; retryAt: number }>();
  for (const event of events) {
    if (event.type === "step_created") {
      steps.set(event.call, { attempt: 0, isRunning: false, retryAt: 0 });
    } else if (event.type === "run_retried") {
      for (const step of steps.values()) step.retryAt = 0;
    }
    const counted = event.type === "voided" ? event.event : event;
    const step = "call" in counted ? steps.get(counted.call) : undefined;
    if (!step) continue;
    if (event.type === "voided") {
      if (counted.type === "step_failed") step.isRunning = false;
    } else if (event.type === "step_started") {
      if (step.isRunning) problems.push(`started while an attempt is open: ${show(event)}`);
      if (event.attempt !== step.attempt + 1) problems.push(`out of turn: ${show(event)}`);
      if (event.at < step.retryAt) problems.push(`tried again too early: ${show(event)}`);
      step.attempt = event.attempt;
      step.isRunning = true;
    } else if (OUTCOMES.has(event.type)) {
      if ("attempt" in event && event.attempt !== step.attempt) {
        problems.push(`of another attempt: ${show(event)}`);
      }
      if (!step.isRunning && !isGivenUp(event)) problems.push(`of no attempt: ${show(event)}`);
      if (event.type === "step_retrying") step.retryAt = event.retryAt;
      step.isRunning = false;
    }
  }
  return problems;
}

/** A step whose attempts were lost too often fails, and no attempt is open then. */
function isGivenUp(event: RunEvent): boolean {
  return event.type === "step_failed" && event.failure.code === "STEP_LOST";
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? "nothing";
}
