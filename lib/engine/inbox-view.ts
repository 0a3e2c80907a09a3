/**
 * The messages of one run, as its owner sees them (E0): what has come, in order, and what of it has
 * to wait, such as a payload for a hook that does not exist yet.
 */
import { type RunMessage, readMessage } from "../contract/message";
import type { RunState } from "../contract/run-state";
import type { RunEvent } from "../contract/event";
import type { Message } from "../contract/world";
import type { EngineParts } from "./engine-parts";
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

  get count(): number {
    return this.waiting.length;
  }

  /** False if there was nothing new. */
  async read(runId: string, { world, patience }: EngineParts): Promise<boolean> {
    const ask = () => world.inbox.read(runId, ALL_MESSAGES);
    return this.learn(await untilAnswered(ask, "read messages", patience));
  }

  private learn(messages: readonly Message[]): boolean {
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

  /** What the messages mean to the run as it is; `take` hears of each that need not wait. */
  *events(state: RunState, at: number, take: (number: number) => void): Iterable<RunEvent> {
    const left: Waiting[] = [];
    for (const waiting of this.waiting) {
      const events = eventsOf(waiting.message, state, at);
      if (!events) left.push(waiting);
      else {
        take(waiting.number);
        yield* events;
      }
    }
    this.waiting = left;
  }
}

/** Null for a message that has to wait. */
function eventsOf(message: RunMessage, state: RunState, at: number): RunEvent[] | null {
  if (message.type === "wake") {
    const calls = message.calls ?? [...state.waits.keys()];
    const open = calls.filter((call) => state.waits.has(call));
    return open.map((call) => ({ type: "wait_completed", at, call }));
  }
  const { call, payload } = message;
  if (state.hooks.has(call)) return [{ type: "hook_received", at, call, payload }];
  return state.goneHooks.has(call) ? [] : null;
}
