/** What has happened to a run since its last turn, as events: all that does not come from its code. */
import { parseCallKey } from "../contract/call";
import { WorkflowRuntimeError } from "../contract/error";
import type { RunEvent, RunStarted } from "../contract/event";
import type { StepOverMessage } from "../contract/message";
import type { OpenStep, RunState } from "../contract/run-state";
import type { Finished } from "./attempts";
import { childEvent, type Missed } from "./children";
import { describeFailure } from "./describe-failure";
import type { EngineParts } from "./engine-parts";
import type { InboxView } from "./inbox-view";
import { findStep } from "./step-bodies";
import { readSettings, type StepSettings } from "./step-settings";
import { type Verdict, verdictOf, verdictOfLost } from "./step-verdict";
import type { Turn } from "./turn";

export interface Facts {
  finished: readonly Finished[];
  inbox: InboxView;
  /** Attempts that are in the log without an outcome, and are nobody's any more. */
  lost: readonly string[];
  /** Ends of other runs that it was not told of. */
  missed: readonly Missed[];
}

/** A step that could not be called, and why. */
export interface Unable {
  call: string;
  error: Error;
}

/** Gives the steps that could not be called; they are not to be called again at once. */
export function gatherFacts(
  turn: Turn,
  state: RunState,
  { finished, inbox, lost, missed }: Facts,
  parts: EngineParts,
): Unable[] {
  const { at } = turn;
  if (state.startedAt === undefined) {
    turn.add(startOf(at, parts));
    parts.metrics.startDelaySeconds.observe((at - state.createdAt) / 1_000);
  }
  if (state.deadline !== undefined && at >= state.deadline) {
    turn.fail(describeFailure(deadlinePassed(state.deadline), parts.codec));
    return [];
  }
  for (const call of lost) addLost(turn, state, call, parts);
  const unable: Unable[] = [];
  for (const each of finished) {
    const error = addOutcome(turn, each, parts);
    if (error) unable.push({ call: each.start.call, error });
  }
  addMessages(turn, state, inbox, parts);
  for (const [call, outcome] of missed) {
    if (state.children.has(call)) turn.add(childEvent(call, outcome, at));
  }
  if (state.waits.size > 0) addDueWaits(turn, state);
  return unable;
}

/** Attempts of an owner that was before: those that it had offered go on. */
export function nobodysAttempts({ steps }: RunState): string[] {
  const running = [...steps].filter(([, { isRunning, isOffered }]) => isRunning && !isOffered);
  return running.map(([call]) => call);
}

/** What replays have to know of this process is in the log: they may be in another one. */
function startOf(at: number, { url, webhookTokens }: EngineParts): RunStarted {
  const isStrict = webhookTokens === "generated";
  return { type: "run_started", at, url: url(), ...(isStrict && { webhookTokens }) };
}

/** What the messages mean to the run as it is now; those that mean nothing yet stay in the inbox. */
export function addMessages(
  turn: Turn,
  state: RunState,
  inbox: InboxView,
  parts: EngineParts,
): void {
  if (inbox.count === 0) return;
  const take = (number: number) => void turn.taken.push(number);
  const judge = (message: StepOverMessage) => judgeOffered(message, state, turn.at, parts);
  for (const event of inbox.events(state, turn.at, take, judge)) turn.add(event);
}

/** Nothing if that attempt is not under way any more. */
function judgeOffered(
  { call, attempt, outcome }: StepOverMessage,
  state: RunState,
  at: number,
  parts: EngineParts,
): RunEvent[] {
  const step = state.steps.get(call);
  if (!step?.isOffered || step.attempts !== attempt) return [];
  if (outcome.type === "lost") return lostEvents(call, step, at, parts);
  if (outcome.type === "handed_back") {
    return [{ type: "step_interrupted", at, call, attempt, reason: "handed_back" }];
  }
  const { name: id } = parseCallKey(call);
  const verdict = verdictOf({ call, id, step, settings: settingsOf(call) }, outcome, at);
  tellOfFailure(verdict, id, attempt, parts);
  return [verdict];
}

function addDueWaits(turn: Turn, { waits }: RunState): void {
  const { at } = turn;
  const due = [...waits].filter(([, dueAt]) => dueAt <= at).sort(([, a], [, b]) => a - b);
  for (const [call] of due) turn.add({ type: "wait_completed", at, call });
}

function addOutcome(turn: Turn, { start, outcome }: Finished, parts: EngineParts) {
  const { at } = turn;
  const { call, name: id, step, found } = start;
  if (outcome.type === "unable") {
    const { attempts: attempt } = step;
    turn.add({ type: "step_interrupted", at, call, attempt, reason: "handed_back" });
    return outcome.error;
  }
  const verdict = verdictOf({ call, id, step, settings: found.settings }, outcome, at);
  tellOfFailure(verdict, id, step.attempts, parts);
  turn.add(verdict);
  return null;
}

function tellOfFailure(verdict: Verdict, id: string, attempt: number, { log }: EngineParts): void {
  if (verdict.type === "step_completed") return;
  const { failure } = verdict;
  const what = verdict.type === "step_failed" ? "failed" : "threw, and is tried again";
  const text = failure.stack ?? `${failure.name}: ${failure.message}`;
  log("error", `Step "${id}" ${what} (attempt ${attempt}): ${text}`);
}

/** An attempt that was broken off here. A step that may be tried once only has had its attempt. */
export function addHandedBack(turn: Turn, state: RunState, call: string, parts: EngineParts): void {
  if (settingsOf(call).maxRetries === 0) return addLost(turn, state, call, parts);
  const attempt = state.steps.get(call)?.attempts ?? 1;
  turn.add({ type: "step_interrupted", at: turn.at, call, attempt, reason: "handed_back" });
}

function addLost(turn: Turn, state: RunState, call: string, parts: EngineParts): void {
  const step = state.steps.get(call);
  if (!step) return;
  for (const event of lostEvents(call, step, turn.at, parts)) turn.add(event);
}

function lostEvents(call: string, step: OpenStep, at: number, parts: EngineParts): RunEvent[] {
  const { name: id } = parseCallKey(call);
  const { attempts: attempt } = step;
  const judged = { call, id, step: { ...step, lost: step.lost + 1 }, settings: settingsOf(call) };
  const verdict = verdictOfLost(judged, at, (error) => parts.codec.encodeError(error));
  const lost = { type: "step_interrupted", at, call, attempt, reason: "lost" } as const;
  return verdict ? [lost, verdict] : [lost];
}

/** A step that is not there any more is lost all the same. */
function settingsOf(call: string): StepSettings {
  const { name: id } = parseCallKey(call);
  try {
    return findStep(id).settings;
  } catch {
    return readSettings(id, {});
  }
}

export function deadlinePassed(deadline: number): WorkflowRuntimeError {
  const when = new Date(deadline).toISOString();
  return new WorkflowRuntimeError("RUN_TIMED_OUT", `The run was not over by its deadline, ${when}`);
}
