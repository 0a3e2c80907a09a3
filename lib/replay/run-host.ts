/**
 * The host's side of one run's realm: answers what the code asks, and notes what it asks for. Its
 * methods are called from inside the realm; they take and give strings and numbers, and never throw.
 */
import type { CallKey } from "../contract/call";
import type { HookCommand, StepCommand } from "../contract/command";
import type { Failure, HookDescription, WebhookDescription } from "../contract/event";
import type { Journal } from "./journal";
import type { LogFacts } from "./log-facts";
import type { ConsoleLevel } from "./realm/globals-host";
import {
  type RunFacts,
  type SandboxHost,
  SIGNAL,
  type Signal,
  TOKEN_STATE,
} from "./realm/sandbox-host";
import type { ReplayServices } from "./services";

/** How the workflow function ended. */
export type Ending =
  { status: "completed"; output: string } | { status: "failed"; failure: Failure };

/** The passes of a loop between two looks at the clock: about a quarter of a millisecond. */
const PASSES = 65_536;

export class RunHost implements SandboxHost {
  ending: Ending | null = null;
  /** Set when workflow code was stopped because it did not come to rest; where it was. */
  blockedStack: string | null = null;
  /** Why a value of the log cannot be read. */
  unreadable: string | null = null;

  /** Hooks whose workflow waits to hear whose the token is. */
  private readonly watchedHooks = new Set<CallKey>();
  /** Lines of `console` were printed already when their event was applied for the first time. */
  private isReplaying = false;
  private position = 0;
  private clock = 0;
  private kind: Signal = SIGNAL.start;
  private call: CallKey = "";
  private text = "";
  private entryBegan = 0;

  constructor(
    private readonly run: RunFacts,
    private readonly journal: Journal,
    private readonly log: LogFacts,
    private readonly services: ReplayServices,
    private readonly limitMs: number,
  ) {}

  /** The event that is being applied, and whether its effects are in the log already. */
  begin(position: number, isReplaying: boolean): void {
    this.position = position;
    this.isReplaying = isReplaying;
  }

  /** Whether the workflow waits for the creation of the hook to be in the log; it is told now. */
  endWatch(call: CallKey): boolean {
    return this.watchedHooks.delete(call);
  }

  /** What the next entry is about, and when it is. */
  present(at: number, kind: Signal, call: CallKey, text: string): void {
    this.clock = at;
    this.kind = kind;
    this.call = call;
    this.text = text;
    this.entryBegan = this.services.computedMs();
  }

  signal(): number {
    return this.kind;
  }

  signalCall(): CallKey {
    return this.call;
  }

  signalText(): string {
    return this.text;
  }

  now(): number {
    return this.clock;
  }

  facts(): string {
    return JSON.stringify(this.run);
  }

  step(call: CallKey, input: string, receiver?: string, captured?: string): void {
    const command: StepCommand = { type: "step", call, input };
    if (receiver !== undefined) command.receiver = receiver;
    if (captured !== undefined) command.captured = captured;
    this.journal.issue(command, this.position);
  }

  wait(call: CallKey, digest: string, dueAt: number): void {
    this.journal.issue({ type: "wait", call, digest, dueAt }, this.position);
  }

  cancelWait(call: CallKey): void {
    this.journal.issue({ type: "cancel_wait", call }, this.position);
  }

  hook(
    call: CallKey,
    digest: string,
    custom: string | undefined,
    name: string,
    label?: string,
    metadata?: string,
    respondWith?: string,
    response?: string,
    schema?: string,
    once?: number,
  ): string {
    const token = custom ?? this.log.token(call) ?? this.services.newToken(this.run.runId, call);
    const options: HookDescription = { name };
    if (label !== undefined) options.label = label;
    if (metadata !== undefined) options.metadata = metadata;
    if (respondWith !== undefined) {
      options.webhook = { respondWith: respondWith as WebhookDescription["respondWith"] };
      if (response !== undefined) options.webhook.response = response;
    }
    if (schema !== undefined) options.schema = schema;
    if (once === 1) options.once = true;
    const isCustomToken = custom !== undefined;
    const command: HookCommand = { type: "hook", call, digest, token, isCustomToken, options };
    this.journal.issue(command, this.position);
    return token;
  }

  disposeHook(call: CallKey): void {
    this.journal.issue({ type: "dispose_hook", call }, this.position);
  }

  child(call: CallKey, runId: string): void {
    this.journal.issue({ type: "child", call, digest: `run ${runId}`, runId }, this.position);
  }

  watchHook(call: CallKey): number {
    if (this.journal.isCreated(call)) return TOKEN_STATE.owned;
    this.watchedHooks.add(call);
    return TOKEN_STATE.undecided;
  }

  environment(name: string): string | undefined {
    const recorded = this.log.variable(name);
    if (recorded !== undefined) return recorded ?? undefined;
    const value = this.services.environment(name) ?? null;
    this.log.setVariable(name, value);
    this.journal.issue({ type: "read_environment", name, value }, this.position);
    return value ?? undefined;
  }

  print(level: ConsoleLevel, text: string): void {
    if (!this.isReplaying) this.services.print(level, text);
  }

  complete(output: string): void {
    this.ending ??= { status: "completed", output };
  }

  fail(
    name: string,
    message: string,
    stack: string | undefined,
    code: string | undefined,
    value: string,
  ): void {
    const failure: Failure = { name, message, value };
    if (stack !== undefined) failure.stack = stack;
    if (code !== undefined) failure.code = code;
    this.ending ??= { status: "failed", failure };
  }

  cannotRead(why: string): void {
    this.unreadable ??= why;
  }

  tick(): number {
    if (this.services.computedMs() - this.entryBegan < this.limitMs) return PASSES;
    this.blockedStack ??= "";
    return 0;
  }

  blockedAt(stack: string): void {
    this.blockedStack ||= stack;
  }

  parseUrl(url: string, base: string | undefined): string {
    return this.services.parseUrl(url, base);
  }

  changeUrl(href: string, part: string, value: string): string {
    return this.services.changeUrl(href, part, value);
  }

  digest(algorithm: string, bytes: string): string {
    return this.services.digest(algorithm, bytes);
  }
}
