/**
 * What a log says is open: steps, waits and hooks without an end. Folded one event at a time, by the
 * owner of the run and by whoever explains it to people; what has ended is forgotten, so the size is
 * that of what is open and not that of the log.
 */
import type { CallKey } from "./call";
import type { Failure, RunEvent, StepCreated } from "./event";

export interface OpenStep {
  created: StepCreated;
  /** Attempts that were started. */
  attempts: number;
  /** Attempts that threw or took too long, which is what uses up retries. */
  failures: number;
  /** Attempts in a row that were lost with their process. */
  lost: number;
  /** An attempt was started and has no outcome. */
  isRunning: boolean;
  /** Of the first attempt. */
  startedAt?: number;
  /** Not to be tried before. */
  retryAt: number;
  lastFailure?: Failure;
}

type StepEvent = Extract<RunEvent, { type: `step_${string}` }>;

export class RunState {
  position = 0;
  workflow = "";
  bundle = "";
  url = "";
  createdAt = 0;
  startedAt: number | undefined;
  deadline: number | undefined;
  isOver = false;
  readonly steps = new Map<CallKey, OpenStep>();
  /** When each is due. */
  readonly waits = new Map<CallKey, number>();
  /** The token of each. */
  readonly hooks = new Map<CallKey, string>();
  /** Hooks that were, or that never came into being because their token was taken. */
  readonly goneHooks = new Set<CallKey>();

  note(event: RunEvent): void {
    this.position++;
    switch (event.type) {
      case "run_created":
        this.createdAt = event.at;
        this.workflow = event.workflow;
        this.bundle = event.bundle;
        this.deadline = event.deadline;
        return;
      case "run_started":
        this.startedAt = event.at;
        this.url = event.url ?? "";
        return;
      case "run_completed":
      case "run_failed":
      case "run_cancelled":
        this.isOver = true;
        for (const open of [this.steps, this.waits, this.hooks]) open.clear();
        return;
      case "wait_created":
        this.waits.set(event.call, event.dueAt);
        return;
      case "wait_completed":
      case "wait_cancelled":
        this.waits.delete(event.call);
        return;
      case "hook_created":
        this.hooks.set(event.call, event.token);
        return;
      case "hook_disposed":
        this.hooks.delete(event.call);
        this.goneHooks.add(event.call);
        return;
      case "hook_conflicted":
        this.goneHooks.add(event.call);
        return;
      case "hook_received":
      case "environment_read":
        return;
      default:
        this.noteStep(event);
    }
  }

  /** Whether a step waits for nothing but somebody to run it. */
  hasReadyStep(now: number): boolean {
    for (const { isRunning, retryAt } of this.steps.values()) {
      if (!isRunning && retryAt <= now) return true;
    }
    return false;
  }

  /** The next moment after `now` at which something happens by itself; null if nothing does. */
  nextDue(now: number): number | null {
    let next = this.deadline ?? Infinity;
    for (const dueAt of this.waits.values()) next = Math.min(next, dueAt);
    for (const { isRunning, retryAt } of this.steps.values()) {
      if (!isRunning && retryAt > now) next = Math.min(next, retryAt);
    }
    return next === Infinity ? null : next;
  }

  private noteStep(event: StepEvent): void {
    if (event.type === "step_created") {
      const counts = { attempts: 0, failures: 0, lost: 0, isRunning: false, retryAt: 0 };
      this.steps.set(event.call, { created: event, ...counts });
      return;
    }
    const step = this.steps.get(event.call);
    if (!step) return;
    switch (event.type) {
      case "step_started":
        step.isRunning = true;
        step.attempts = event.attempt;
        step.startedAt ??= event.at;
        return;
      case "step_retrying":
        step.isRunning = false;
        step.failures++;
        step.lost = 0;
        step.retryAt = event.retryAt;
        step.lastFailure = event.failure;
        return;
      case "step_interrupted":
        step.isRunning = false;
        if (event.reason === "lost") step.lost++;
        return;
      case "step_completed":
      case "step_failed":
        this.steps.delete(event.call);
    }
  }
}
