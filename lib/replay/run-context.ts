/**
 * A run brought to life from its log: the realm in which its code waits, and what it has seen.
 *
 * It never writes. What the code asks for are commands; an engine makes events of them, appends
 * these, and applies them here like all others.
 *
 * - R3 Events are applied one at a time, in the order of the log, each followed by a full drain.
 *   Live and replayed runs take this path, because there is no other.
 * - R5 The clock is the time of the event whose drain is running.
 * - R7 The state is a function of the events applied so far.
 */
import type { Command } from "../contract/command";
import { describeCall } from "../contract/call";
import {
  CorruptedEventLogError,
  EverstepError,
  ReplayDivergenceError,
  SerializationError,
  WorkflowBlockedError,
  WorkflowRuntimeError,
} from "../contract/error";
import type {
  Failure,
  RunCancelled,
  RunCompleted,
  RunCreated,
  RunEvent,
  RunFailed,
  RunStarted,
} from "../contract/event";
import { Journal } from "./journal";
import { LogFacts } from "./log-facts";
import { SIGNAL, type Signal } from "./realm/sandbox-host";
import { type Ending, RunHost } from "./run-host";
import { type CompiledBundle, Sandbox } from "./sandbox";
import type { ReplayServices } from "./services";

export interface ContextOptions {
  bundle: CompiledBundle;
  services: ReplayServices;
  /** How long workflow code may compute in one go. */
  turnLimitMs?: number;
}

export const DEFAULT_TURN_LIMIT_MS = 10_000;

interface Live {
  host: RunHost;
  sandbox: Sandbox;
}

export class RunContext {
  /** How many events it has seen. */
  position = 0;
  /** The time of the last event. */
  at = 0;
  /** What keeps the run from going on. The context is of no use then. */
  trouble: EverstepError | null = null;
  /** What the code asked for as it ended, and what therefore comes to nothing (RP-12). */
  dropped: Command[] = [];
  /** The position of the event at which the code came to its end. */
  endedAt: number | undefined;
  /** The end that the log gives the run, whatever its code may still have done. */
  closing: RunFailed | RunCancelled | null = null;

  private readonly journal = new Journal(() => this.describeEnding());
  private readonly facts = new LogFacts();
  private readonly limitMs: number;
  private created: RunCreated | null = null;
  private live: Live | null = null;
  private isReleased = false;
  private isOver = false;

  constructor(private readonly options: ContextOptions) {
    this.limitMs = options.turnLimitMs ?? DEFAULT_TURN_LIMIT_MS;
  }

  /** How the workflow function ended, if it did. */
  get ending(): Ending | null {
    return this.trouble === null ? (this.live?.host.ending ?? null) : null;
  }

  /** What the code asked for since the last time. */
  takeCommands(): Command[] {
    return this.trouble === null ? this.journal.take() : [];
  }

  /** The calls that are in the log without an end. */
  openCalls(): string[] {
    return this.journal.open();
  }

  /** An event that the code has not seen yet, and whose effects are not in the log either. */
  apply(event: RunEvent): void {
    this.facts.learn(event);
    this.attempt(() => this.applyNext(event));
  }

  /** Events whose effects are in the log already: nothing is printed again. */
  replay(events: readonly RunEvent[]): void {
    for (const event of events) this.facts.learn(event);
    this.attempt(() => {
      for (const event of events) this.applyNext(event, true);
    });
  }

  /**
   * Gives the realm back for another run. What the context knows stays; it takes no more events.
   */
  release(): void {
    if (!this.live || this.isReleased) return;
    this.isReleased = true;
    if (this.trouble) this.live.sandbox.abandon();
    else this.live.sandbox.release();
  }

  private attempt(action: () => void): void {
    if (this.isReleased) throw new Error("The context was released");
    if (this.trouble) return;
    try {
      action();
    } catch (error) {
      if (!(error instanceof EverstepError)) throw error;
      this.trouble = error;
    }
  }

  private applyNext(event: RunEvent, isReplaying = false): void {
    if (this.isOver) throw this.corrupted(event, "comes after the end of the run");
    this.position++;
    this.at = Math.max(this.at, event.at);
    this.live?.host.begin(this.position, isReplaying);
    if (!this.live && !BEFORE_START.has(event.type)) {
      throw this.corrupted(event, "comes before the start of the run");
    }
    this.dispatch(event, isReplaying);
  }

  private dispatch(event: RunEvent, isReplaying: boolean): void {
    const { journal, position } = this;
    switch (event.type) {
      case "run_created":
        if (position !== 1) throw this.corrupted(event, "is not the first");
        this.created = event;
        return;
      case "run_started":
        return this.start(event, isReplaying);
      case "voided":
      case "code_changed":
      case "run_retried":
        return;
      case "step_created":
      case "wait_created":
      case "child_awaited":
        return journal.claim(event, position);
      case "hook_created":
        journal.claim(event, position);
        if (this.live?.host.endWatch(event.call)) this.enter(SIGNAL.owned, event.call);
        return;
      case "hook_conflicted":
        journal.claim(event, position);
        return this.enter(SIGNAL.conflicted, event.call, event.ownerRunId ?? "");
      case "step_started":
      case "step_retrying":
      case "step_interrupted":
        return journal.note(event, position, false);
      case "step_completed":
      case "child_completed":
        journal.note(event, position, true);
        return this.enter(SIGNAL.completed, event.call, event.output);
      case "child_failed": {
        journal.note(event, position, true);
        const { reason, failure } = event;
        return this.enter(SIGNAL.failed, event.call, JSON.stringify({ reason, failure }));
      }
      case "step_failed":
        journal.note(event, position, true);
        if (!isFailure(event.failure)) throw this.corrupted(event, "does not say how it failed");
        return this.enter(SIGNAL.failed, event.call, JSON.stringify(event.failure));
      case "wait_completed":
        journal.note(event, position, true);
        return this.enter(SIGNAL.completed, event.call);
      case "wait_cancelled":
      case "hook_disposed":
        return journal.note(event, position, true);
      case "hook_received":
        // Behind the end of its hook it is a fact that the code does not see.
        if (!journal.noteReceived(event, position)) return;
        return this.enter(
          event.isChecked ? SIGNAL.receivedChecked : SIGNAL.received,
          event.call,
          event.payload,
        );
      case "environment_read":
        return journal.noteEnvironmentRead(event.name);
      case "run_completed":
        this.checkCompletion(event);
        this.isOver = true;
        return;
      case "run_failed":
      case "run_cancelled":
        if (this.ending?.status === "completed") throw this.diverged(event, "completed");
        this.closing = event;
        this.isOver = true;
        return;
      default:
        throw this.unknown(event);
    }
  }

  private start(event: RunStarted, isReplaying: boolean): void {
    const { created, options } = this;
    if (!created || this.live) throw this.corrupted(event, created ? "is there twice" : "is first");
    const { runId, workflow, input } = created;
    const facts = {
      runId,
      workflow,
      startedAt: event.at,
      url: event.url ?? "",
      ...(event.webhookTokens && { webhookTokens: event.webhookTokens }),
      bundleName: options.bundle.name,
    };
    const host = new RunHost(facts, this.journal, this.facts, options.services, this.limitMs);
    host.begin(this.position, isReplaying);
    this.live = { host, sandbox: new Sandbox(options.bundle, host) };
    this.enter(SIGNAL.start, "", input);
  }

  private enter(kind: Signal, call: string, text = ""): void {
    const { live } = this;
    // The code may be done while steps it did not wait for still report.
    if (!live || live.host.ending) return;
    const { host, sandbox } = live;
    host.present(this.at, kind, call, text);
    try {
      sandbox.enter();
    } finally {
      if (host.blockedStack !== null) throw this.blocked(host.blockedStack);
    }
    if (host.unreadable !== null) {
      throw new SerializationError("VALUE_UNREADABLE", host.unreadable, { isComplete: true });
    }
    if (!host.ending) return;
    this.endedAt = this.position;
    this.dropped = this.journal.drop(this.position);
  }

  /** What the code returned is compared where both were written in the same format. */
  private checkCompletion(event: RunCompleted): void {
    const { ending } = this;
    if (ending?.status !== "completed") throw this.diverged(event, this.describeEnding());
    const isSameFormat = ending.output.slice(0, 2) === event.output.slice(0, 2);
    if (isSameFormat && ending.output !== event.output) {
      throw this.diverged(event, "returned another value");
    }
  }

  private describeEnding(): string | null {
    const { ending } = this;
    if (!ending) return null;
    if (ending.status === "completed") return "completed";
    const { name, message } = ending.failure;
    return `failed with ${name}: ${message}`;
  }

  private diverged(event: RunEvent, did: string | null): Error {
    const open = this.journal.open().map(describeCall);
    const asked = this.journal.missing();
    const waits = open.length > 0 ? `waits for ${open.join(", ")}` : "is not done";
    const asks = asked.length > 0 ? `asks for ${asked.join(" and ")}` : waits;
    const message = `Event ${this.position} of the log is ${event.type}, but the code ${did ?? asks}`;
    return new ReplayDivergenceError("REPLAY_DIVERGED", message);
  }

  private blocked(stack: string): Error {
    const at = /\((.*)\)|at (.*)/.exec(stack.split("\n").find((line) => /^ +at /.test(line)) ?? "");
    const place = at?.[1] ?? at?.[2];
    const where = place === undefined ? "" : `, at ${place}`;
    return new WorkflowBlockedError(
      "TURN_TIME_EXCEEDED",
      `Workflow "${this.created?.workflow}" computed for more than ${this.limitMs} ms without a pause${where}`,
      place === undefined ? {} : { at: place },
    );
  }

  private unknown(event: never): Error {
    const { type } = event as RunEvent;
    const message = `Event ${this.position} of the log has the type "${type}", which is not known`;
    return new WorkflowRuntimeError("LOG_NOT_SUPPORTED", message);
  }

  private corrupted(event: RunEvent, what: string): Error {
    const message = `Event ${this.position} of the log, ${event.type}, ${what}`;
    return new CorruptedEventLogError("EVENT_LOG_CORRUPTED", message);
  }
}

/** A run may end before it has begun. */
const BEFORE_START = new Set<RunEvent["type"]>([
  ...(["run_created", "run_started", "run_cancelled", "run_failed"] as const),
  ...(["code_changed", "run_retried", "voided"] as const),
]);

function isFailure(failure: Failure | undefined): boolean {
  const { name, message, value } = failure ?? {};
  return [name, message, value].every((each) => typeof each === "string");
}
