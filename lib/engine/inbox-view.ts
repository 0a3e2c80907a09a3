/**
 * The messages of one run, as its owner sees them (E0): what has come, in order, and what of it has
 * to wait, such as a payload for a hook that does not exist yet.
 */
import { type CallKey, describeCall } from "../contract/call";
import {
  type PayloadMessage,
  readMessage,
  type RunMessage,
  type StepOverMessage,
  type TokenPayloadMessage,
} from "../contract/message";
import type { RunState } from "../contract/run-state";
import type { RunEvent } from "../contract/event";
import type { Message } from "../contract/world";
import type { EngineParts } from "./engine-parts";
import type { Logger } from "./logger";
import { childEvent } from "./children";
import { untilAnswered } from "./until-answered";

/** More than an inbox holds. */
const ALL_MESSAGES = 10_001;

interface Waiting {
  number: number;
  message: RunMessage;
}

export class InboxView {
  /** The highest number that was read. */
  seen = 0;
  private waiting: Waiting[] = [];

  constructor(
    private readonly runId: string,
    private readonly log: Logger,
  ) {}

  get count(): number {
    return this.waiting.length;
  }

  /** False if there was nothing new. */
  async read({ world, patience }: EngineParts): Promise<boolean> {
    const ask = () => world.inbox.read(this.runId, ALL_MESSAGES);
    return this.learn(await untilAnswered(ask, "read messages", patience));
  }

  private warn(what: string): void {
    this.log("warn", `Run "${this.runId}" ${what}`);
  }

  /** What of the inbox is new. */
  learn(messages: readonly Message[]): boolean {
    const news = messages.filter(({ number }) => number > this.seen);
    for (const { number, body } of news) {
      this.waiting.push({ number, message: readMessage(body) });
      this.seen = number;
    }
    return news.length > 0;
  }

  /** Numbers of those that only want the run to try again. */
  takeWakes(): number[] {
    const wakes = this.waiting.filter(({ message }) => message.type === "wake");
    this.waiting = this.waiting.filter(({ message }) => message.type !== "wake");
    return wakes.map(({ number }) => number);
  }

  /** The bundle that somebody wants the run to go on with. */
  get wantedBundle(): string | undefined {
    const last = this.waiting.findLast(({ message }) => message.type === "use_code");
    return last?.message.type === "use_code" ? last.message.bundle : undefined;
  }

  /** The run is over: what no hook of it has taken goes with it. */
  warnOfLeft(): void {
    const { length } = this.waiting.filter(({ message }) => isPayload(message));
    if (length === 0) return;
    const what = length === 1 ? "1 payload" : `${length} payloads`;
    this.warn(`ended with ${what} in its inbox that no hook of it has taken`);
  }

  /** What the messages mean to the run as it is; `take` hears of each that need not wait. */
  *events(
    state: RunState,
    at: number,
    take: (number: number) => void,
    judge: (message: StepOverMessage) => RunEvent[],
  ): Iterable<RunEvent> {
    const left: Waiting[] = [];
    for (const waiting of this.waiting) {
      const { message } = waiting;
      const events = isPayload(message)
        ? this.received(message, state, at)
        : message.type === "step_over"
          ? judge(message)
          : eventsOf(message, state, at);
      if (!events) left.push(waiting);
      else {
        take(waiting.number);
        yield* events;
      }
    }
    this.waiting = left;
  }

  /**
   * Whoever sent the payload has heard that it is stored, so it is in the log even where its hook was
   * disposed of meanwhile.
   */
  private received(message: AnyPayload, state: RunState, at: number): RunEvent[] | null {
    const call = callOf(message, state);
    if (call === undefined) return null;
    const { payload, isChecked } = message;
    const isLate = !state.hooks.has(call) || state.servedHooks.has(call);
    if (isLate) this.warn(`does not get a payload that came too late for ${describeCall(call)}`);
    return [{ type: "hook_received", at, call, payload, ...(isChecked && { isChecked }) }];
  }
}

type AnyPayload = PayloadMessage | TokenPayloadMessage;

function isPayload(message: RunMessage): message is AnyPayload {
  return message.type === "payload" || message.type === "token_payload";
}

/** The hook that the payload is for; undefined while that does not exist yet. */
function callOf(message: AnyPayload, { hooks, goneHooks }: RunState): CallKey | undefined {
  if (message.type === "payload") {
    const { call } = message;
    return hooks.has(call) || goneHooks.has(call) ? call : undefined;
  }
  for (const [call, token] of hooks) if (token === message.token) return call;
  return undefined;
}

function eventsOf(
  message: Exclude<RunMessage, AnyPayload | StepOverMessage>,
  state: RunState,
  at: number,
): RunEvent[] {
  switch (message.type) {
    case "wake": {
      const calls = message.calls ?? [...state.waits.keys()];
      const open = calls.filter((call) => state.waits.has(call));
      return open.map((call) => ({ type: "wait_completed", at, call }));
    }
    case "child_over": {
      const { call, outcome } = message;
      return state.children.has(call) ? [childEvent(call, outcome, at)] : [];
    }
    case "use_code":
      // The owner has loaded the run with it, and says so itself.
      return [];
  }
}
