/**
 * The durable calls of a run: which the code has made, which of them the log knows, how they ended.
 *
 * - J1 A created event belongs to a call that was made before it, with the same digest (R4).
 *   Otherwise code and log take different paths: a divergence.
 * - J2 A call ends once, and not before it was created. A log that says otherwise is corrupt. A
 *   payload may stand behind the end of its hook.
 */
import { type CallKey, describeCall } from "../contract/call";
import type { Command } from "../contract/command";
import { CorruptedEventLogError, ReplayDivergenceError } from "../contract/error";
import type { CreatedEvent, HookConflicted, HookReceived, RunEvent } from "../contract/event";

export type CallEvent = Extract<RunEvent, { call: CallKey }>;
type Created = CreatedEvent | HookConflicted;

type Kind = "step" | "wait" | "hook" | "child";

interface Call {
  kind: Kind;
  digest: string;
  isCreated: boolean;
  isOver: boolean;
  /** How it was asked for, until the log holds it. */
  issued: Issued | null;
}

interface Issued {
  command: Command;
  /** The event in whose drain it was asked for. */
  position: number;
  isInLog: boolean;
}

export class Journal {
  private readonly calls = new Map<CallKey, Call>();
  /** Those that are in the log without an end. */
  private readonly openCalls = new Set<CallKey>();
  /** What the code asked for and the log does not hold, in the order in which it asked. */
  private issued: Issued[] = [];

  /** `ending` says how the code ended, for messages; null while it has not. */
  constructor(private readonly ending: () => string | null) {}

  issue(command: Command, position: number): void {
    const issued = { command, position, isInLog: false };
    this.issued.push(issued);
    if (isCreating(command)) {
      const { type: kind, call } = command;
      const digest = digestOf(command);
      this.calls.set(call, { kind, digest, isCreated: false, isOver: false, issued });
    }
  }

  /** What is to be created now; it is not handed out again. */
  take(): Command[] {
    const commands: Command[] = [];
    for (const { command, isInLog } of this.issued) if (!isInLog) commands.push(command);
    this.issued = [];
    return commands;
  }

  /**
   * What was asked for at the very end of the run comes to nothing; what was read stays known.
   * Gives the calls that were made and not awaited.
   */
  drop(position: number): Command[] {
    const isLast = ({ command, isInLog, ...issued }: Issued) =>
      issued.position === position && !isInLog && command.type !== "read_environment";
    const dropped = this.issued.filter(isLast).map(({ command }) => command);
    this.issued = this.issued.filter((issued) => !isLast(issued));
    // The run's end ends its waits and hooks anyway, so nobody forgot those.
    return dropped.filter(isCreating);
  }

  claim(event: Created, position: number): void {
    const call = this.calls.get(event.call);
    if (call?.isCreated) throw corrupted(event, position, "is there twice");
    if (call?.digest !== digestOf(event)) throw this.diverged(event, position, call);
    if (!isAbout(event, call.kind))
      throw corrupted(event, position, "is about another kind of call");
    call.isCreated = true;
    call.isOver = event.type === "hook_conflicted";
    if (!call.isOver) this.openCalls.add(event.call);
    // A hook that was never created needs no disposal.
    else this.noteDone("dispose_hook", event.call);
    if (call.issued) call.issued.isInLog = true;
    call.issued = null;
    this.forgetLogged();
  }

  note(event: Exclude<CallEvent, Created>, position: number, isEnd: boolean): void {
    const call = this.calls.get(event.call);
    if (!call?.isCreated) throw corrupted(event, position, "comes before its call");
    if (call.isOver) throw corrupted(event, position, "comes after the end of its call");
    if (!isAbout(event, call.kind))
      throw corrupted(event, position, "is about another kind of call");
    if (!isEnd) return;
    call.isOver = true;
    this.openCalls.delete(event.call);
    // A wait that has ended in the same turn in which it was cancelled is no longer there to cancel.
    if (call.kind === "wait") this.noteDone("cancel_wait", event.call);
    else if (call.kind === "hook") this.noteDone("dispose_hook", event.call);
  }

  /** False for a payload that comes behind the end of its hook: the code is not told of it (V2). */
  noteReceived(event: HookReceived, position: number): boolean {
    const call = this.calls.get(event.call);
    if (call?.kind === "hook" && call.isOver) return false;
    this.note(event, position, false);
    return true;
  }

  noteEnvironmentRead(name: string): void {
    this.noteDone("read_environment", name);
  }

  isCreated(call: CallKey): boolean {
    return this.calls.get(call)?.isCreated === true;
  }

  /** Calls that are in the log without an end. */
  open(): CallKey[] {
    return [...this.openCalls];
  }

  /** What was asked for and is not in the log, for messages. */
  missing(): string[] {
    return this.issued
      .filter(({ isInLog }) => !isInLog)
      .map(({ command }) => describeCommand(command));
  }

  private noteDone(type: Command["type"], subject: string): void {
    const isIt = ({ command }: Issued) =>
      command.type === type &&
      (command.type === "read_environment" ? command.name : command.call) === subject;
    const issued = this.issued.find(isIt);
    if (issued) issued.isInLog = true;
    this.forgetLogged();
  }

  private forgetLogged(): void {
    while (this.issued[0]?.isInLog) this.issued.shift();
  }

  private diverged(event: Created, position: number, call: Call | undefined): Error {
    const what = `Event ${position} of the log is ${describeCall(event.call)}`;
    if (call) {
      const difference = `(${digestOf(event)}), but the code asks for (${call.digest})`;
      return new ReplayDivergenceError("REPLAY_DIVERGED", `${what} ${difference}`);
    }
    const instead = this.missing();
    const asks = instead.length > 0 ? `asks for ${instead.join(" and ")}` : "makes no such call";
    const did = this.ending() ?? asks;
    return new ReplayDivergenceError("REPLAY_DIVERGED", `${what}, but the code ${did}`);
  }
}

/** For messages: `step "charge"`. */
export function describeCommand(command: Command): string {
  if (command.type === "read_environment") return `the variable ${command.name}`;
  const call = describeCall(command.call);
  if (command.type === "cancel_wait") return `the cancelling of ${call}`;
  return command.type === "dispose_hook" ? `the disposal of ${call}` : call;
}

const CREATING: ReadonlySet<string> = new Set<Kind>(["step", "wait", "hook", "child"]);

function isCreating(command: Command): command is Extract<Command, { type: Kind }> {
  return CREATING.has(command.type);
}

function isAbout({ type }: CallEvent, kind: Kind): boolean {
  return type.startsWith(`${kind}_`);
}

/** Steps have none: their identity says all that must not change. */
function digestOf(value: Command | RunEvent): string {
  return "digest" in value ? value.digest : "";
}

function corrupted(event: CallEvent, position: number, what: string): Error {
  return new CorruptedEventLogError(
    "EVENT_LOG_CORRUPTED",
    `Event ${position} of the log, ${event.type} of ${describeCall(event.call)}, ${what}`,
  );
}
