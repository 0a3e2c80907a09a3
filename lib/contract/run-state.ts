/**
 * What a log says is open: steps, waits and hooks without an end. Folded one event at a time, by the
 * owner of the run and by whoever explains it to people; what has ended is forgotten, so the size is
 * that of what is open and not that of the log.
 */
import type { CallKey } from "./call";
import type { Failure, RunEvent, RunRetried, StepCreated, Voided } from "./event";

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
  /** That attempt is not its owner's. */
  isOffered: boolean;
  /** Of the first attempt. */
  startedAt?: number;
  /** Not to be tried before. */
  retryAt: number;
  lastFailure?: Failure;
}

type StepEvent = Extract<RunEvent, { type: `step_${string}` }>;

export class RunState {
  position = 0;
  /** The event there. */
  last: RunEvent | undefined;
  workflow = "";
  bundle = "";
  url = "";
  createdAt = 0;
  startedAt: number | undefined;
  deadline: number | undefined;
  /** The run whose step started this one. */
  parent: string | undefined;
  isOver = false;
  /** Attempts that other processes may have. */
  offered = 0;
  /** It failed and is to go on, and nothing has happened since. */
  isReopened = false;
  readonly steps = new Map<CallKey, OpenStep>();
  /** When each is due. */
  readonly waits = new Map<CallKey, number>();
  /** The token of each. */
  readonly hooks = new Map<CallKey, string>();
  /** The runs whose end it waits for. */
  readonly children = new Map<CallKey, string>();
  /** Hooks that take one payload, and those of them that have it. */
  private readonly onceHooks = new Set<CallKey>();
  readonly servedHooks = new Set<CallKey>();
  /** Hooks that were, or that never came into being because their token was taken. */
  readonly goneHooks = new Set<CallKey>();

  note(event: RunEvent): void {
    this.position++;
    this.last = event;
    this.isReopened = event.type === "run_retried";
    switch (event.type) {
      case "run_created":
        this.createdAt = event.at;
        this.workflow = event.workflow;
        this.bundle = event.bundle;
        this.deadline = event.deadline;
        this.parent = event.parent?.runId;
        return;
      case "run_started":
        this.startedAt = event.at;
        this.url = event.url ?? "";
        return;
      case "run_completed":
      case "run_failed":
      case "run_cancelled":
        this.isOver = true;
        for (const open of [this.steps, this.waits, this.hooks, this.children]) open.clear();
        this.offered = 0;
        return;
      case "run_retried":
        return this.noteRetry(event);
      case "code_changed":
        this.bundle = event.bundle;
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
        if (event.options.once) this.onceHooks.add(event.call);
        return;
      case "hook_disposed":
        this.hooks.delete(event.call);
        this.goneHooks.add(event.call);
        return;
      case "hook_conflicted":
        this.goneHooks.add(event.call);
        return;
      case "child_awaited":
        this.children.set(event.call, event.runId);
        return;
      case "child_completed":
      case "child_failed":
        this.children.delete(event.call);
        return;
      case "voided":
        return this.noteVoided(event);
      case "hook_received":
        if (this.onceHooks.has(event.call)) this.servedHooks.add(event.call);
        return;
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

  /** The attempt that failed is over, though its failure does not count. */
  private noteVoided({ event }: Voided): void {
    const step = event.type === "step_failed" ? this.steps.get(event.call) : undefined;
    if (!step) return;
    this.takeBack(step);
    step.isRunning = false;
  }

  /** Its steps have all their attempts again. */
  private noteRetry({ bundle }: RunRetried): void {
    if (bundle !== undefined) this.bundle = bundle;
    this.deadline = undefined;
    for (const step of this.steps.values()) {
      // Its offers ended with the run.
      this.takeBack(step);
      step.failures = 0;
      step.lost = 0;
      step.retryAt = 0;
    }
  }

  private takeBack(step: OpenStep): void {
    if (step.isOffered) this.offered--;
    step.isOffered = false;
  }

  private noteStep(event: StepEvent): void {
    if (event.type === "step_created") {
      const counts = { attempts: 0, failures: 0, lost: 0, retryAt: 0 };
      const attempt = { isRunning: false, isOffered: false };
      this.steps.set(event.call, { created: event, ...counts, ...attempt });
      return;
    }
    const step = this.steps.get(event.call);
    if (!step) return;
    if (event.type !== "step_started") this.takeBack(step);
    switch (event.type) {
      case "step_started":
        step.isRunning = true;
        step.isOffered = event.isOffered ?? false;
        if (step.isOffered) this.offered++;
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
