/**
 * Waits for what a run comes to, on any world: woken when its log may have grown, never asking in
 * between. The time limit is one of real time.
 */
import { getHookByToken } from "../client/hooks";
import type { Run } from "../client/run";
import type { CallKey } from "../contract/call";
import { type DurationText, parseDuration } from "../contract/duration";
import { HookNotFoundError, WaitFailedError } from "../contract/error";
import type { RunEvent } from "../contract/event";
import { readMessage, type RunMessage } from "../contract/message";
import type { OpenHook } from "../contract/open-hook";
import { RunState } from "../contract/run-state";
import { withoutVoids } from "../contract/voids";
import type { World } from "../contract/world";

export interface WaitOptions {
  /** How long it may take: 30 seconds. */
  timeout?: DurationText | number;
}

export interface WaitForHookOptions extends WaitOptions {
  /** That of the hook; the first one counts unless it is given. */
  token?: string;
}

const USUAL_TIMEOUT_MS = 30_000;
const PAGE = 1_000;
/** More than an inbox holds. */
const ALL_MESSAGES = 10_001;

/** The first open hook that has had no payload yet. */
export function waitForHook(run: Run, options: WaitForHookOptions = {}): Promise<OpenHook> {
  const { token, timeout } = options;
  const what = token === undefined ? "a hook" : `the hook "${token}"`;
  return waitFor(run, what, timeout, async (log) => {
    const found = await log.openHook(token);
    return found === null ? null : hookOf(found, log.world);
  });
}

/** The call of the first sleep that is not over, as `run.wakeUp({ correlationIds })` takes it. */
export function waitForSleep(run: Run, { timeout }: WaitOptions = {}): Promise<CallKey> {
  return waitFor(run, "a sleep", timeout, async ({ state }) => {
    const [first] = state.waits.keys();
    return first ?? null;
  });
}

type Look<T> = (log: ReadLog) => Promise<T | null>;

function waitFor<T>(
  run: Run,
  what: string,
  timeout: WaitOptions["timeout"],
  look: Look<T>,
): Promise<T> {
  const { runId } = run;
  const world = run["world"];
  const ms = timeout === undefined ? USUAL_TIMEOUT_MS : parseDuration(timeout);
  const log = new ReadLog(runId, world);
  return new Promise((resolve, reject) => {
    let asked = 0;
    const finish = (settle: () => void) => {
      stop();
      clearTimeout(timer);
      settle();
    };
    const fail = (error: unknown) => finish(() => reject(error as Error));
    const ask = async () => {
      if (asked++ > 0) return;
      for (let seen = 0; seen < asked;) {
        seen = asked;
        if (!(await log.read())) await run.status;
        const found = log.state.isOver ? null : await look(log);
        if (found !== null) return finish(() => resolve(found));
        if (log.state.isOver) return fail(await inVain(run, what));
      }
      asked = 0;
    };
    // It is listened to before it is asked, so that nothing falls between the two.
    const stop = world.runs.listen(runId, () => void ask().catch(fail));
    const timer = setTimeout(() => void timedOut(run, what, ms).then(fail, fail), ms);
    void ask().catch(fail);
  });
}

/** The log as far as it was read, and the inbox that is to become part of it. */
class ReadLog {
  state = new RunState();
  private readonly events: RunEvent[] = [];
  private readonly served = new Set<CallKey>();

  constructor(
    private readonly runId: string,
    readonly world: World,
  ) {}

  /** False if there is nothing at all. */
  async read(): Promise<boolean> {
    const { runId, world, events } = this;
    for (;;) {
      const page = await world.runs.read(runId, events.length + 1, PAGE);
      const news = page.map(({ event }) => event);
      events.push(...news);
      if (news.some(({ type }) => type === "run_retried")) this.beginAgain();
      else for (const event of news) this.note(event);
      if (page.length < PAGE) return events.length > 0;
    }
  }

  /** Part of what was before a retry counts no more. */
  private beginAgain(): void {
    this.state = new RunState();
    this.served.clear();
    for (const event of withoutVoids(this.events)) this.note(event);
  }

  private note(event: RunEvent): void {
    this.state.note(event);
    if (event.type === "hook_received") this.served.add(event.call);
  }

  /** The token of the first hook that nobody has sent anything to. */
  async openHook(token: string | undefined): Promise<string | null> {
    // A payload is in the inbox until it is in the log, so it is seen in one of the two.
    const messages = await this.world.inbox.read(this.runId, ALL_MESSAGES);
    await this.read();
    const waiting = messages.map(({ body }) => readMessage(body));
    for (const [call, own] of this.state.hooks) {
      if (token !== undefined && own !== token) continue;
      if (!this.served.has(call) && !waiting.some((each) => isFor(each, call, own))) return own;
    }
    return null;
  }
}

function isFor(message: RunMessage, call: CallKey, token: string): boolean {
  if (message.type === "payload") return message.call === call;
  return message.type === "token_payload" && message.token === token;
}

/** Null if it is gone meanwhile. */
async function hookOf(token: string, world: World): Promise<OpenHook | null> {
  try {
    return await getHookByToken(token, { world });
  } catch (error) {
    if (HookNotFoundError.is(error)) return null;
    throw error;
  }
}

async function inVain(run: Run, what: string): Promise<WaitFailedError> {
  const message = `A test waits for ${what} of run "${run.runId}", which is over: ${await run.explain()}`;
  return new WaitFailedError("WAIT_IN_VAIN", run.runId, message);
}

async function timedOut(run: Run, what: string, ms: number): Promise<WaitFailedError> {
  const message = `A test has waited ${ms} ms for ${what} of run "${run.runId}". ${await run.explain()}`;
  return new WaitFailedError("WAIT_TIMED_OUT", run.runId, message);
}
