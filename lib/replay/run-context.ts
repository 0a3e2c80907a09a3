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
import {
  CorruptedEventLogError,
  EverstepError,
  ReplayDivergenceError,
  WorkflowBlockedError,
} from "../contract/error";
import type { RunCreated, RunEvent, RunStarted } from "../contract/event";
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

  private readonly journal = new Journal();
  private readonly facts = new LogFacts();
  private readonly limitMs: number;
  private created: RunCreated | null = null;
  private live: Live | null = null;
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

  private attempt(action: () => void): void {
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
    if (this.live) {
      this.live.host.isReplaying = isReplaying;
      this.live.host.position = this.position;
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
      case "step_created":
      case "wait_created":
        return journal.claim(event, position);
      case "hook_created":
        journal.claim(event, position);
        if (this.live?.host.watchedHooks.delete(event.call)) this.enter(SIGNAL.owned, event.call);
        return;
      case "hook_conflicted":
        journal.claim(event, position);
        return this.enter(SIGNAL.conflicted, event.call, event.ownerRunId ?? "");
      case "step_started":
      case "step_retrying":
        return journal.note(event, position, false);
      case "step_completed":
        journal.note(event, position, true);
        return this.enter(SIGNAL.completed, event.call, event.output);
      case "step_failed":
        journal.note(event, position, true);
        return this.enter(SIGNAL.failed, event.call, JSON.stringify(event.failure));
      case "wait_completed":
        journal.note(event, position, true);
        return this.enter(SIGNAL.completed, event.call);
      case "wait_cancelled":
      case "hook_disposed":
        return journal.note(event, position, true);
      case "hook_received":
        journal.note(event, position, false);
        return this.enter(SIGNAL.received, event.call, event.payload);
      case "environment_read":
        return journal.noteEnvironmentRead(event.name);
      case "run_completed":
        if (this.live?.host.ending?.status !== "completed") throw this.unfinished(event);
        this.isOver = true;
        return;
      case "run_failed":
      case "run_cancelled":
        this.isOver = true;
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
      bundleName: options.bundle.name,
    };
    const host = new RunHost(facts, this.journal, this.facts, options.services, this.limitMs);
    this.live = { host, sandbox: new Sandbox(options.bundle, host) };
    host.isReplaying = isReplaying;
    host.position = this.position;
    this.enter(SIGNAL.start, "", input);
  }

  private enter(kind: Signal, call: string, text = ""): void {
    const { live } = this;
    // The code may be done while steps it did not wait for still report.
    if (!live || live.host.ending) return;
    const { host, sandbox } = live;
    host.present(this.at, kind, call, text);
    sandbox.enter();
    if (host.isBlocked) {
      throw new WorkflowBlockedError("TURN_TIME_EXCEEDED", "Workflow code did not come to rest");
    }
    if (host.ending) this.dropped = this.journal.drop(this.position);
  }

  private unfinished(event: RunEvent): Error {
    const open = this.journal.open();
    const doing = open.length > 0 ? `waits for ${open.join(", ")}` : "is not done";
    return new ReplayDivergenceError(
      "REPLAY_DIVERGED",
      `Event ${this.position} of the log is ${event.type}, but the code ${doing}`,
    );
  }

  private corrupted(event: RunEvent, what: string): Error {
    const message = `Event ${this.position} of the log, ${event.type}, ${what}`;
    return new CorruptedEventLogError("EVENT_LOG_CORRUPTED", message);
  }
}
