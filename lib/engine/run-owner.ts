/**
 * One run that this process owns: its turns, one after the other, from the claim until the run is
 * over, has nothing to do here, or belongs to somebody else.
 *
 * - E0 Only it appends to the log, with the fence of its claim.
 * - E3 A turn is one append; steps run when it is confirmed.
 * - E7 Trouble with code, bundle or log parks the run with the reason; it never fails it.
 * - R7 An append that was refused costs the context; one without an answer is repeated.
 */
import { EverstepError, WorkflowRunCancelledError, WorkflowRuntimeError } from "../contract/error";
import type { Failure } from "../contract/event";
import { type Parked, TERMINAL } from "../contract/run";
import type { Append, Claim } from "../contract/world";
import { Attempts } from "./attempts";
import { breath } from "./breather";
import { chooseStarts, NO_STARTS, type Starts } from "./choose-starts";
import type { LiveRun } from "./context-cache";
import { describeFailure } from "./describe-failure";
import type { EngineParts } from "./engine-parts";
import { addMessages, gatherFacts } from "./gather-facts";
import { InboxView } from "./inbox-view";
import { warnOfSize } from "./limits";
import { checkComesToRest, loadRun, readEvents, takeLiveRun, type Wanted } from "./load-run";
import type { SlotSeeker } from "./slots";
import { type ReserveToken, Turn } from "./turn";
import { untilAnswered } from "./until-answered";

/** What the engine hears of its owners. */
export interface OwnerWatcher {
  /** The run is not this process's any more; it is due then, or whenever somebody has news. */
  onGone(owner: RunOwner, dueAt: number | null): void;
}

/** More than an inbox holds. */
const ALL_MESSAGES = 10_001;
/** A run that sleeps for longer is replayed when it wakes; its realm serves others until then. */
const WORTH_KEEPING_MS = 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Claims in a row that came to nothing, until the run is taken to be what ends them (E6). */
const MOST_CLAIMS = 3;

export class RunOwner implements SlotSeeker {
  readonly runId: string;
  private readonly attempts: Attempts;
  private readonly inbox = new InboxView();
  private live: LiveRun | null = null;
  /** How many events are known to be in the log. */
  private position: number;
  private appends = 0;
  private isWorking = false;
  private isWoken = false;
  private isGone = false;
  /** Messages may have come, or a cancel. */
  private hasNews: boolean;
  private isFirstTurn = true;
  private isParked = false;
  private draining: "finish" | "abandon" | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly claim: Claim,
    private readonly parts: EngineParts,
    private readonly watcher: OwnerWatcher,
  ) {
    this.runId = claim.runId;
    this.position = claim.position;
    this.hasNews = claim.hasMessages;
    this.attempts = new Attempts(parts.codec, parts.watchdog, (slot) => {
      parts.slots.give(slot);
      this.wake();
    });
  }

  /** How many attempts are under way. */
  get running(): number {
    return this.attempts.count;
  }

  private get isIdle(): boolean {
    return this.attempts.count === 0 && !this.attempts.hasFinished;
  }

  /** There is something to do: a slot is free, an attempt is done, a wait is over. */
  wake(): void {
    if (this.isGone) return;
    this.isWoken = true;
    if (!this.isWorking) void this.work();
  }

  /** There may be something to read. */
  wakeForNews(): void {
    this.hasNews = true;
    this.wake();
  }

  /** Starts nothing more, and lets go when what runs is done, or at once (E8). */
  drain(how: "finish" | "abandon"): void {
    this.draining = how;
    this.wake();
  }

  /** Another process has the run, or it is over: nothing that happens here may leave a trace (P3). */
  lose(reason: Error): void {
    if (this.isGone) return;
    this.attempts.abandon(reason);
    this.dropContext();
    this.leave(null);
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    while (this.isWoken && !this.isGone) {
      this.isWoken = false;
      const pause = breath();
      if (pause) await pause;
      try {
        if (!this.isGone) await this.turn();
      } catch (error) {
        await this.giveUp(error);
      }
    }
    this.isWorking = false;
  }

  private async turn(): Promise<void> {
    if (this.hasNews && !(await this.readNews())) return;
    const { claim, parts } = this;
    if (claim.claims > MOST_CLAIMS) throw noProgress(claim);
    const live = this.takeLive() ?? (await this.load());
    const { context, state } = live;
    const at = Math.max(parts.clock.now(), context.at);
    const turn = new Turn(this.runId, live, at, parts.watchdog);
    const unable = this.gather(turn, live);
    if (claim.strikes > 0) await this.probe(turn, live);
    const settling = turn.isOver ? null : this.settle(turn, live);
    if (settling) await settling;
    let chosen = NO_STARTS;
    if (!context.trouble) {
      turn.end((stack) => live.bundle.mapStack(stack));
      if (!turn.isOver && state.position > parts.limits.events) turn.fail(this.tooLong());
      if (!turn.isOver && !this.draining) chosen = chooseStarts(this, parts.slots, state, turn.at);
    }
    await this.finish(turn, live, context.trouble ?? unable ?? chosen.missing, chosen);
  }

  private takeLive(): LiveRun | null {
    return (this.live = takeLiveRun(this.wanted(), this.parts));
  }

  private async load(): Promise<LiveRun> {
    return (this.live = await loadRun(this.wanted(), this.parts));
  }

  private wanted(): Wanted {
    const { claims, strikes } = this.claim;
    const isSuspect = this.appends === 0 && (claims > 1 || strikes > 0);
    return { runId: this.runId, position: this.position, isSuspect };
  }

  private gather(turn: Turn, { state }: LiveRun): Error | null {
    const { inbox, parts, attempts } = this;
    const lost: string[] = [];
    if (this.isFirstTurn) {
      for (const [call, { isRunning }] of state.steps) if (isRunning) lost.push(call);
    }
    this.isFirstTurn = false;
    const facts = { finished: attempts.takeFinished(), inbox, lost };
    const unable = gatherFacts(turn, state, facts, parts);
    if (this.draining === "abandon" && !turn.isOver) this.handBack(turn, state);
    return unable;
  }

  private handBack(turn: Turn, { steps }: LiveRun["state"]): void {
    const { at } = turn;
    for (const call of this.attempts.abandon(new Error("The process is shutting down"))) {
      const attempt = steps.get(call)!.attempts;
      turn.add({ type: "step_interrupted", at, call, attempt, reason: "handed_back" });
    }
  }

  /** A promise only where the world has to be asked. */
  private settle(turn: Turn, live: LiveRun): Promise<unknown> | null {
    const settled = turn.settle(this.reserve);
    if (typeof settled !== "boolean") return settled.then(() => this.settleMessages(turn, live));
    return settled ? this.settleMessages(turn, live) : null;
  }

  /** A payload may have waited for a hook that came into being just now. */
  private settleMessages(turn: Turn, live: LiveRun): Promise<unknown> | null {
    if (this.inbox.count === 0) return null;
    const before = turn.taken.length;
    addMessages(turn, live.state, this.inbox);
    return turn.taken.length > before ? this.settle(turn, live) : null;
  }

  private readonly reserve: ReserveToken = async ({ token, call }) => {
    const { world, patience } = this.parts;
    const outcome = await untilAnswered(
      () => world.hooks.reserve(token, this.runId, call),
      "reserve a token",
      patience,
    );
    return outcome.status === "taken" ? { runId: outcome.runId } : null;
  };

  /** The code of this run has blocked a process before: it is tried out where that does no harm. */
  private async probe(turn: Turn, { bundle }: LiveRun): Promise<void> {
    const events = await readEvents(this.runId, 1, this.position, this.parts);
    await checkComesToRest(bundle, [...events, ...turn.events], this.parts);
  }

  private async finish(turn: Turn, live: LiveRun, trouble: Error | null, chosen: Starts) {
    const { at } = turn;
    for (const { call, step } of chosen.starts) {
      turn.add({ type: "step_started", at, call, attempt: step.attempts + 1 });
    }
    turn.show();
    const dueAt = turn.isOver || live.context.trouble ? null : this.nextDue(turn, live);
    const releases = !turn.isOver && this.mayRelease(chosen, dueAt);
    if (turn.isEmpty && !trouble) {
      if (releases) await this.release(live, dueAt);
      else this.waitUntil(live, dueAt);
      return;
    }
    if (trouble || this.isParked || this.appends === 0) {
      turn.changes({ parked: trouble && parkedFor(trouble) });
      this.isParked = trouble !== null;
    }
    const append = this.appendOf(turn);
    if (releases) {
      append.releases = true;
      append.dueAt = dueAt;
    }
    const { world, patience } = this.parts;
    const outcome = await world.runs
      .append(append)
      .catch(() => untilAnswered(() => world.runs.append(append), "store", patience));
    if (outcome.status === "fenced") return this.loseTo(chosen);
    this.stored(turn, live, chosen);
    if (turn.isOver) this.end(turn);
    else if (releases) this.leaveWith(live, dueAt);
    else this.waitUntil(live, dueAt);
  }

  private stored(turn: Turn, { state }: LiveRun, { starts }: Starts): void {
    const { parts, runId } = this;
    this.position += turn.events.length;
    warnOfSize(runId, this.position, turn.events, parts.limits, parts.log);
    const { workflow, startedAt = 0, url } = state;
    const run = { runId, workflow, workflowStartedAt: startedAt, url };
    for (const start of starts) this.attempts.start(start, run);
  }

  private appendOf(turn: Turn): Append {
    const { fence } = this.claim;
    const { runId, inbox } = this;
    const appendId = `${fence}.${++this.appends}`;
    const append: Append = { runId, fence, appendId, position: this.position + 1, events: [] };
    turn.fill(append);
    if (inbox.seen > 0) append.seen = inbox.seen;
    return append;
  }

  private nextDue({ at }: Turn, { state }: LiveRun): number | null {
    if (this.draining && [...state.steps.values()].some((step) => step.retryAt <= at)) return at;
    return state.nextDue(at);
  }

  /** Whether nothing is left that this process has to wait for. */
  private mayRelease({ starts, isWaiting }: Starts, dueAt: number | null): boolean {
    const { parts, draining } = this;
    if (!this.isIdle || starts.length > 0) return false;
    return draining !== null || (!isWaiting && (dueAt === null || dueAt > parts.clock.now()));
  }

  private async release(live: LiveRun, dueAt: number | null): Promise<void> {
    const { world, patience } = this.parts;
    const left = { dueAt, seen: this.inbox.seen };
    const { fence } = this.claim;
    await untilAnswered(
      () => world.dispatch.release(this.runId, fence, left),
      "release a run",
      patience,
    );
    this.leaveWith(live, dueAt);
  }

  private waitUntil(live: LiveRun, dueAt: number | null): void {
    this.keep(live, dueAt);
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (dueAt === null) return;
    const ms = Math.min(dueAt - this.parts.clock.now(), LONGEST_TIMER_MS);
    if (ms <= 0) this.wake();
    else this.timer = setTimeout(() => this.wake(), ms);
  }

  /** False if the run is over. */
  private async readNews(): Promise<boolean> {
    const { runId } = this;
    const { world, patience } = this.parts;
    this.hasNews = false;
    const messages = await untilAnswered(
      () => world.inbox.read(runId, ALL_MESSAGES),
      "read messages",
      patience,
    );
    if (this.inbox.learn(messages) || this.isFirstTurn) return true;
    const record = await untilAnswered(() => world.runs.get(runId), "read a run", patience);
    if (record && !TERMINAL.has(record.status)) return true;
    this.loseTo(NO_STARTS);
    return false;
  }

  /** Another process owns the run now, or somebody has cancelled it. */
  private loseTo({ starts }: Starts): void {
    const { parts, runId, claim } = this;
    for (const { slot } of starts) parts.slots.give(slot);
    this.lose(new WorkflowRunCancelledError(runId));
    // Tells the world of a cancel that its owner has heard; nobody waits for it.
    parts.world.dispatch.release(runId, claim.fence).catch(() => undefined);
  }

  private end(turn: Turn): void {
    const dropped = turn.droppedCalls();
    if (dropped.length > 0) {
      const calls = dropped.join(", ");
      this.parts.log("warn", `Run "${this.runId}" ended without waiting for ${calls}`);
    }
    this.attempts.abandon(new Error("The run is over"));
    this.dropContext();
    this.leave(null);
  }

  private leaveWith(live: LiveRun, dueAt: number | null): void {
    this.keep(live, dueAt);
    this.leave(this.hasNews ? this.parts.clock.now() : dueAt);
  }

  /** For the next turn, here or after another claim, unless that is far off. */
  private keep(live: LiveRun, dueAt: number | null): void {
    const isFarOff = dueAt !== null && dueAt - live.context.at > WORTH_KEEPING_MS;
    if (live.context.trouble || (this.isIdle && isFarOff)) this.dropContext();
    else this.parts.contexts.put(this.runId, live);
    this.live = null;
  }

  private leave(dueAt: number | null): void {
    this.isGone = true;
    if (this.timer) clearTimeout(this.timer);
    this.parts.slots.settle(this, false);
    this.watcher.onGone(this, dueAt);
  }

  private dropContext(): void {
    this.live?.context.release();
    this.live = null;
  }

  /** What this turn has done is forgotten; the run waits for somebody to look at it. */
  private async giveUp(error: unknown): Promise<void> {
    const { parts, runId, claim, position } = this;
    if (this.isGone) return;
    this.attempts.abandon(error);
    this.dropContext();
    if (!parts.patience.signal.aborted) {
      const parked = parkedFor(error);
      parts.log("error", `Run "${runId}" is parked: ${parked.message}`);
      const append: Append = {
        ...{ runId, fence: claim.fence, appendId: `${claim.fence}.parked`, position: position + 1 },
        ...{ events: [], change: { parked }, dueAt: null, releases: true },
      };
      await untilAnswered(
        () => parts.world.runs.append(append),
        "park a run",
        parts.patience,
      ).catch(() => undefined);
    }
    this.leave(null);
  }

  private tooLong(): Failure {
    const { limits, codec } = this.parts;
    const most = limits.events.toLocaleString("en-US");
    const message = `The run has more than ${most} events`;
    return describeFailure(new WorkflowRuntimeError("MAX_EVENTS_EXCEEDED", message), codec);
  }
}

function parkedFor(error: unknown): Parked {
  if (error instanceof EverstepError) {
    // What to do about it stands below, and in the page of the code.
    const { code, at } = error;
    const message = error.message.split("\n\n")[0]!;
    return at === undefined ? { code, message } : { code, message, about: at };
  }
  const stack = error instanceof Error ? error.stack : String(error);
  return { code: "ENGINE_FAILED", message: `everstep failed on this run: ${stack}` };
}

function noProgress({ runId, claims }: Claim): WorkflowRuntimeError {
  return new WorkflowRuntimeError(
    "RUN_MAKES_NO_PROGRESS",
    `Run "${runId}" was begun ${claims - 1} times in a row, and its process ended each time`,
  );
}
