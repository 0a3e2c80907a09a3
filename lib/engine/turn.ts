/**
 * One turn of a run (E3, E4): the facts that came in, what its code made of them, and the one append
 * that stores both.
 *
 * - T1 Facts are gathered without the code, which sees them when they are all there.
 * - T2 What the code asks for comes behind them, in the order in which it asked.
 * - T3 A context that is in trouble asks for nothing; the facts are stored all the same.
 */
import { type CallKey, describeCall } from "../contract/call";
import type { Command } from "../contract/command";
import type { HookDescription, RunEvent, RunFailed } from "../contract/event";
import type { RunChange } from "../contract/run";
import type { Append, HookRecord } from "../contract/world";
import { eventOf } from "../replay/created-events";
import { type AskedCommand, asksWorld } from "./ask-world";
import type { Logger } from "./logger";
import type { Watchdog } from "./watchdog";
import type { LiveRun } from "./context-cache";

/** What becomes of a command that the world has a say in. */
export type AskWorld = (command: AskedCommand, at: number) => Promise<RunEvent[]>;

export class Turn {
  readonly events: RunEvent[] = [];
  private readonly change: RunChange = {};
  readonly taken: number[] = [];
  private readonly hooks: HookRecord[] = [];
  private readonly disposed: string[] = [];
  isHidden = false;
  /** Whether `change` says anything. */
  private isChanging = false;
  /** How many of the events the code has seen. */
  private shown = 0;

  constructor(
    private readonly runId: string,
    private readonly live: LiveRun,
    /** The time of its events, never before that of the last one. */
    readonly at: number,
    private readonly watchdog: Watchdog,
  ) {}

  get isOver(): boolean {
    return this.live.state.isOver;
  }

  /** Nothing happened that has to be stored. */
  get isEmpty(): boolean {
    return this.events.length === 0 && this.taken.length === 0;
  }

  add(event: RunEvent): void {
    this.events.push(event);
    this.live.state.note(event);
    if (event.type === "hook_created") this.hooks.push(this.recordOf(event));
    else if (event.type === "hook_disposed") this.disposed.push(event.call);
    else if (event.type === "hook_received") this.noteServed(event.call);
    else if (event.type === "run_started") {
      this.changes({ status: "running", startedAt: event.at });
    }
  }

  /** The run goes on with the code that it was loaded with. */
  useCode(bundle: string): void {
    this.add({ type: "code_changed", at: this.at, bundle });
    this.changes({ bundle });
  }

  /** The code is not to see what has happened: it is stored, and that is all (T3). */
  hide(): void {
    this.isHidden = true;
  }

  /** Shows the code what it has not seen. */
  show(): void {
    if (this.shown === this.events.length || this.isHidden) return;
    const { context, state } = this.live;
    this.watchdog.enterWorkflow(this.runId, state.workflow);
    for (; this.shown < this.events.length; this.shown++) context.apply(this.events[this.shown]!);
    this.watchdog.leave();
  }

  /**
   * What the code asks for, until it asks for nothing more; a promise only where the world has to be
   * asked. True if there was anything.
   */
  settle(ask: AskWorld): boolean | Promise<boolean> {
    let isChanged = false;
    for (;;) {
      this.show();
      const commands = this.live.context.takeCommands();
      if (commands.length === 0) return isChanged;
      if (commands.some(asksWorld)) return this.settleByAsking(commands, ask);
      for (const command of commands) this.take(eventOf(command, this.at));
      isChanged = true;
    }
  }

  /** The end of the run, if its code has come to one. */
  end(mapStack: (stack: string) => string): void {
    const { ending } = this.live.context;
    if (this.isOver || !ending) return;
    const { at } = this;
    if (ending.status === "completed") {
      this.add({ type: "run_completed", at, output: ending.output });
      this.changes({ status: "completed", endedAt: at });
      return;
    }
    const { failure } = ending;
    const mapped = failure.stack === undefined ? {} : { stack: mapStack(failure.stack) };
    this.fail({ code: "USER_ERROR", ...failure, ...mapped }, this.live.context.endedAt);
  }

  /** `seen`: the event at which its code came to that. */
  fail(failure: RunFailed["failure"], seen?: number): void {
    const { at } = this;
    this.add({ type: "run_failed", at, failure, ...(seen !== undefined && { seen }) });
    const { name, message, stack, code } = failure;
    const shown = {
      ...{ name, message },
      ...(stack !== undefined && { stack }),
      ...(code !== undefined && { code }),
    };
    this.changes({ status: "failed", endedAt: at, failure: shown });
  }

  /** What the record of the run says beside its log. */
  changes(change: RunChange): void {
    this.isChanging = true;
    Object.assign(this.change, change);
  }

  /** Calls that were made as the code ended come to nothing (RP-12). */
  warnOfDropped(log: Logger): void {
    const calls = this.live.context.dropped.flatMap((command) =>
      "call" in command ? [describeCall(command.call)] : [],
    );
    if (calls.length === 0) return;
    log("warn", `Run "${this.runId}" ended without waiting for ${calls.join(", ")}`);
  }

  /** Puts all of it into what the world is to store. */
  fill(append: Append): void {
    const { change, taken, hooks, disposed } = this;
    append.events = this.events;
    if (this.isChanging) append.change = change;
    if (taken.length > 0) append.taken = taken;
    if (hooks.length > 0) append.hooks = hooks;
    if (disposed.length > 0) append.disposed = disposed;
  }

  private async settleByAsking(commands: Command[], ask: AskWorld): Promise<true> {
    for (const command of commands) {
      const events = asksWorld(command) ? await ask(command, this.at) : [eventOf(command, this.at)];
      for (const event of events) this.take(event);
    }
    await this.settle(ask);
    return true;
  }

  private take(event: RunEvent): void {
    this.add(event);
    this.show();
  }

  /** A payload has waited for a hook that comes into being with this turn. */
  private noteServed(call: CallKey): void {
    const record = this.hooks.find((each) => each.call === call);
    if (!record) return;
    const description = JSON.parse(record.description) as HookDescription;
    if (description.once) record.description = JSON.stringify({ ...description, isServed: true });
  }

  private recordOf(event: Extract<RunEvent, { type: "hook_created" }>): HookRecord {
    const { token, call, at, options } = event;
    const { runId } = this;
    return { token, runId, call, createdAt: at, description: JSON.stringify(options) };
  }
}
