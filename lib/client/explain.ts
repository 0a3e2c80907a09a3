/** One sentence on why a run is where it is, for whoever is woken at night (P2). */
import { describeCall, parseCallKey } from "../contract/call";
import { type RunRecord, TERMINAL } from "../contract/run";
import type { OpenStep, RunState } from "../contract/run-state";
import type { Standing } from "../contract/permits";
import type { World } from "../contract/world";
import { readState } from "./read-state";

export async function explainRun(world: World, runId: string): Promise<string> {
  const record = await world.runs.get(runId);
  if (!record) return `There is no run "${runId}".`;
  if (TERMINAL.has(record.status)) return explainEnd(record);
  if (record.parked)
    return sentence(`The run is parked (${record.parked.code}): ${record.parked.message}`);
  const now = await world.now();
  if (record.dueAt !== null && record.dueAt <= now && !(await world.dispatch.isServed())) {
    return "The run is due, and no process executes runs: start a runtime with createRuntime().start().";
  }
  if (record.status === "pending") {
    const standing = await standingOf(world, record);
    return standing ? explainLine(standing) : explainPending(record, now);
  }
  const state = await readState(world, record);
  const standing = state.isReopened ? await standingOf(world, record) : null;
  return standing ? explainLine(standing) : explainOpen(state, record.dueAt, now);
}

const NOTHING_OPEN =
  "The run waits for a promise that no step, sleep or hook of it will settle, so nothing can move it.";

function explainEnd({ status, endedAt, failure }: RunRecord): string {
  const when = endedAt === undefined ? "" : ` at ${timeOf(endedAt)}`;
  if (!failure) return `The run was ${status}${when}.`;
  const code = failure.code === undefined ? "" : ` (${failure.code})`;
  const message = failure.message.split("\n\n")[0]!;
  return sentence(`The run failed${when} with ${failure.name}: ${message}${code}`);
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

async function standingOf(world: World, { workflow, runId }: RunRecord): Promise<Standing | null> {
  return (await world.permits?.standing(workflow, runId)) ?? null;
}

function explainLine({ limit, ahead }: Standing): string {
  const whose =
    limit === 1
      ? "the one run of its workflow that may go on at a time"
      : `one of the ${limit} runs of its workflow that may go on at once`;
  const others = ahead === 1 ? "1 other run is" : `${ahead} other runs are`;
  return `The run waits for the end of ${whose}${ahead === 0 ? "" : `; ${others} ahead of it`}.`;
}

function explainPending({ dueAt }: RunRecord, now: number): string {
  if (dueAt === null || dueAt <= now) return "The run waits for a worker to begin with it.";
  return `The run begins ${inTime(dueAt, now)}.`;
}

function explainOpen(
  { steps, waits, hooks, children }: RunState,
  dueAt: number | null,
  now: number,
): string {
  const reasons = [
    ...[...steps].map(([call, step]) => explainStep(call, step, now)),
    ...[...waits].map(([call, dueAt]) => `${describeCall(call)}, which ends ${inTime(dueAt, now)}`),
    ...[...children.values()].map((runId) => `the end of run "${runId}"`),
    ...[...hooks].map(([call, token]) => `a payload for ${describeCall(call)}, token "${token}"`),
  ];
  if (reasons.length === 0) return dueAt === null ? NOTHING_OPEN : "The run is at work.";
  const shown = reasons.slice(0, 3).join("; ");
  const more = reasons.length > 3 ? `; and ${reasons.length - 3} more` : "";
  return `The run waits for ${shown}${more}.`;
}

function explainStep(call: string, step: OpenStep, now: number): string {
  const name = describeCall(call);
  if (step.isRunning) {
    const since = step.startedAt === undefined ? "" : ` since ${timeOf(step.startedAt)}`;
    return `${name}, which is running${since} (attempt ${step.attempts})`;
  }
  if (step.retryAt > now) {
    const why = step.lastFailure ? `, after "${step.lastFailure.message}"` : "";
    return `attempt ${step.attempts + 1} of ${name}, which begins ${inTime(step.retryAt, now)}${why}`;
  }
  const { name: id } = parseCallKey(call);
  return `a free slot for ${name} (${id})`;
}

function inTime(moment: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((moment - now) / 1000));
  return `at ${timeOf(moment)}, in ${seconds} s`;
}

function timeOf(time: number): string {
  return new Date(time).toISOString();
}
