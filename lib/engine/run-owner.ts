/**
 * One run that this process owns: its turns, one after the other, from the claim until the run is
 * over, has nothing to do here, or belongs to somebody else.
 *
 * - E0 Only it appends to the log, with the fence of its claim.
 * - E3 A turn is one append; steps run when it is confirmed.
 * - E7 Trouble with code, bundle or log parks the run with the reason; it never fails it.
 * - R7 An append that was refused costs the context; one without an answer is repeated.
 * - P3 What it has lost it has lost at once: whatever is still on its way leaves no trace.
 */
import type { CallKey } from "../contract/call";
import { WorkflowRunCancelledError } from "../contract/error";
import { TERMINAL } from "../contract/run";
import type { NewOffer } from "../contract/step-offers";
import type { Append, Claim } from "../contract/world";
import { Attempts } from "./attempts";
import { breath } from "./breather";
import { chooseStarts, NO_STARTS, type Starts } from "./choose-starts";
import type { LiveRun } from "./context-cache";
import type { EngineParts } from "./engine-parts";
import { giveUpRun } from "./give-up-run";
import { cancelWithParent, type Missed, missedOutcomes } from "./children";
import { addHandedBack, gatherFacts, nobodysAttempts, type Unable } from "./gather-facts";
import { InboxView } from "./inbox-view";
import { warnOfSize } from "./limits";
import { loadRun, probe, takeLiveRun, type Wanted } from "./load-run";
import { Offering } from "./offering";
import { noProgress, parkedFor, tooLong } from "./park-reasons";
import { takePermit } from "./run-permits";
import { settleTurn } from "./settle-turn";
import type { SlotSeeker } from "./slots";
import { Turn } from "./turn";
import { untilAnswered } from "./until-answered";

/** What the engine hears of its owners. */
export interface OwnerWatcher {
  /** The run is not this process's any more; it is due then, or whenever somebody has news. */
  onGone(owner: RunOwner, dueAt: number | null): void;
  /** There is nothing left to do for it now. */
  onRest(): void;
}

/** Claims in a row that came to nothing, until the run is taken to be what ends them (E6). */
const MOST_CLAIMS = 3;

export class RunOwner implements SlotSeeker {
  readonly runId: string;
  workflow = "";
  private readonly attempts: Attempts;
  private readonly inbox: InboxView;
  private readonly offering: Offering;
  private live: LiveRun | null = null;
  /** How many events are known to be in the log. */
  private position: number;
  private appends = 0;
  private isWorking = false;
  private isWoken = false;
  private isLeaving = false;
  private isGone = false;
  /** Messages may have come, or a cancel. */
  private hasNews: boolean;
  private isFirstTurn = true;
  private missed: readonly Missed[] = [];
  private isParked = false;
  private draining: "finish" | "abandon" | null = null;
  private stopTimer: (() => void) | null = null;

  constructor(
    readonly claim: Claim,
    private readonly parts: EngineParts,
    private readonly watcher: OwnerWatcher,
  ) {
    this.runId = claim.runId;
    this.position = claim.position;
    this.inbox = new InboxView(claim.runId, parts.log);
    this.offering = new Offering(parts);
    if (claim.messages) this.inbox.learn(claim.messages);
    this.hasNews = claim.hasMessages && !claim.messages;
    const onFree = (slot: string) => parts.slots.give(slot);
    this.attempts = new Attempts(parts, onFree, () => this.wake());
  }

  /** How many attempts are under way. */
  get running(): number {
    return this.attempts.count;
  }

  private get isIdle(): boolean {
    return this.attempts.count === 0 && !this.attempts.hasFinished;
  }

  /** Whether no turn is under way, and all attempts wait for something else (`isWaiting`). */
  isAtRest(isWaiting: (runId: string, call: CallKey) => boolean): boolean {
    if (this.isWorking || this.isWoken) return false;
    return this.attempts.calls.every((call) => isWaiting(this.runId, call));
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

  /** Another process has the run, or it is over. */
  lose(reason: Error): void {
    if (this.isGone) return;
    this.attempts.abandon(reason);
    // A turn that is under way finds out, and drops what it holds.
    if (!this.isWorking) this.parts.contexts.take(this.runId)?.context.release();
    this.leave(null);
  }

  private async work(): Promise<void> {
    const { turnstile, metrics } = this.parts;
    this.isWorking = true;
    while (this.isWoken && !this.isGone) {
      this.isWoken = false;
      const pause = breath();
      if (pause) await pause;
      const queue = turnstile.enter();
      if (queue) await queue;
      try {
        if (!this.isGone) await metrics.turn(() => this.turn());
      } catch (error) {
        await this.giveUp(error);
      }
      turnstile.leave();
    }
    if (this.isGone) this.dropContext();
    this.isWorking = false;
    this.watcher.onRest();
  }

  private async turn(): Promise<void> {
    if (this.hasNews && !(await this.readNews())) return;
    const { claim, parts } = this;
    if (claim.claims > MOST_CLAIMS) throw noProgress(claim);
    const live = this.takeLive() ?? (await this.load());
    if (!live || this.isGone) return;
    const { context, state } = live;
    this.workflow = state.workflow;
    const at = Math.max(parts.clock.now(), context.at);
    const turn = new Turn(this.runId, live, at, parts.watchdog);
    const unable = this.gather(turn, live);
    const isStruck = claim.strikes > 0 && !turn.isOver;
    const refusal = isStruck ? await probe(this.wanted(), live, turn.events, parts) : null;
    if (refusal) turn.hide();
    const mayGoOn = !turn.isOver && !refusal;
    const settling = mayGoOn ? settleTurn(this.runId, turn, live, this.inbox, parts) : null;
    if (settling) await settling;
    if (this.isGone) return;
    const trouble = turn.isOver ? null : (refusal ?? context.trouble);
    let chosen = NO_STARTS;
    let offers: NewOffer[] = [];
    if (!trouble) {
      turn.end((stack) => live.bundle.mapStack(stack));
      if (!turn.isOver && state.position > parts.limits.events) turn.fail(tooLong(parts));
      if (!turn.isOver && !this.draining) {
        const without = new Set(unable.map(({ call }) => call));
        chosen = chooseStarts(this, parts.slots, state, turn.at, without);
        offers = this.offering.choose(turn, live, chosen, without);
      }
    }
    const why = turn.isOver ? null : (trouble ?? unable[0]?.error ?? chosen.missing);
    await this.finish(turn, live, why, chosen, offers);
  }

  private takeLive(): LiveRun | null {
    return (this.live = takeLiveRun(this.wanted(), this.parts));
  }

  /** Null if it is not to begin at all, or not before others of its workflow are over. */
  private async load(): Promise<LiveRun | null> {
    const live = (this.live = await loadRun(this.wanted(), this.parts));
    this.missed = await missedOutcomes(this.runId, live.state, this.parts);
    if (!this.isGone && (await cancelWithParent(this.runId, live.state, this.parts))) {
      this.loseTo(NO_STARTS);
      return null;
    }
    const wait = this.isGone ? null : await takePermit(this.runId, live.state, this.parts);
    if (!wait || this.isGone) return live;
    this.dropContext();
    await this.release(null, wait.dueAt);
    return null;
  }

  private wanted(): Wanted {
    const { claims, strikes, lastAppend } = this.claim;
    const isSuspect = this.appends === 0 && (claims > 1 || strikes > 0);
    const { runId, position, inbox, isFirstTurn: isFirst } = this;
    return { runId, position, isSuspect, isFirst, lastAppend, bundle: inbox.wantedBundle };
  }

  private gather(turn: Turn, { state, bundle }: LiveRun): readonly Unable[] {
    const { inbox, parts, attempts } = this;
    if (bundle.hash !== state.bundle) turn.useCode(bundle.hash);
    const lost = this.isFirstTurn ? nobodysAttempts(state) : [];
    this.isFirstTurn = false;
    const facts = { finished: attempts.takeFinished(), inbox, lost, missed: this.missed };
    this.missed = [];
    const unable = gatherFacts(turn, state, facts, parts);
    if (this.draining === "abandon" && !turn.isOver) {
      const starts = attempts.abandon(new Error("The process is shutting down"));
      for (const { call } of starts) addHandedBack(turn, state, call, parts);
    }
    return unable;
  }

  private async finish(
    turn: Turn,
    live: LiveRun,
    trouble: Error | null,
    chosen: Starts,
    offers: readonly NewOffer[],
  ) {
    const { at } = turn;
    for (const { call, step } of chosen.starts) {
      turn.add({ type: "step_started", at, call, attempt: step.attempts + 1 });
    }
    turn.show();
    const isStuck = live.context.trouble !== null || turn.isHidden;
    const { deadline } = live.state;
    const lastDue = deadline !== undefined && deadline > at ? deadline : null;
    const dueAt = isStuck ? lastDue : this.nextDue(turn, live);
    const releases = !turn.isOver && this.mayRelease(live, chosen, dueAt);
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
    if (offers.length > 0) append.offers = offers;
    if (releases) {
      append.releases = true;
      append.dueAt = dueAt;
    }
    const { world, metrics, patience } = this.parts;
    const store = () => metrics.append(world, append);
    const outcome = await store().catch(() => untilAnswered(store, "store", patience));
    if (this.isGone || outcome.status === "fenced") return this.loseTo(chosen);
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
    const { fence } = this.claim;
    const run = { runId, workflow, workflowStartedAt: startedAt, url, fence };
    for (const start of starts) this.attempts.start(start, run);
  }

  private appendOf(turn: Turn): Append {
    const { runId, inbox } = this;
    const { fence } = this.claim;
    const appendId = `${fence}.${++this.appends}`;
    const append: Append = { runId, fence, appendId, position: this.position + 1, events: [] };
    this.live!.lastAppend = appendId;
    turn.fill(append);
    if (inbox.seen > 0) append.seen = inbox.seen;
    return append;
  }

  private nextDue({ at }: Turn, { state }: LiveRun): number | null {
    const isHandedBack = this.draining && this.isIdle && state.hasReadyStep(at);
    return isHandedBack ? at : state.nextDue(at);
  }

  /** Whether nothing is left that this process has to wait for. */
  private mayRelease({ state }: LiveRun, { starts, isWaiting }: Starts, dueAt: number | null) {
    const { parts, draining } = this;
    if (!this.isIdle || starts.length > 0) return false;
    if (state.offered > 0 && !draining) return false;
    return draining !== null || (!isWaiting && (dueAt === null || dueAt > parts.clock.now()));
  }

  private async release(live: LiveRun | null, dueAt: number | null): Promise<void> {
    const { runId, claim, parts, inbox } = this;
    const left = { dueAt, seen: inbox.seen };
    const give = () => parts.world.dispatch.release(runId, claim.fence, left);
    await untilAnswered(give, "release a run", parts.patience);
    if (!this.isGone) this.leaveWith(live, dueAt);
  }

  private waitUntil(live: LiveRun, dueAt: number | null): void {
    this.keep(live, dueAt);
    this.stopTimer?.();
    this.stopTimer = null;
    const { looksIn } = this.offering;
    if (dueAt === null && looksIn === null) return;
    const ms = Math.min(
      dueAt === null ? Infinity : dueAt - this.parts.clock.now(),
      looksIn ?? Infinity,
    );
    if (ms <= 0) this.wake();
    else this.stopTimer = this.parts.clock.startTimer(ms, () => this.wake());
  }

  /** False if there is nothing left to do here. */
  private async readNews(): Promise<boolean> {
    const { runId } = this;
    const { world, patience } = this.parts;
    const isNew = await this.readInbox();
    if (this.isGone) return false;
    if (isNew || this.isFirstTurn) return true;
    const record = await untilAnswered(() => world.runs.get(runId), "read a run", patience);
    if (record && !TERMINAL.has(record.status)) return !this.isGone;
    this.loseTo(NO_STARTS);
    return false;
  }

  private readInbox(): Promise<boolean> {
    this.hasNews = false;
    return this.inbox.read(this.parts);
  }

  /** Another process owns the run now, or somebody has cancelled it. */
  private loseTo({ starts }: Starts): void {
    const { parts, runId, claim } = this;
    for (const { slot } of starts) parts.slots.give(slot);
    this.lose(new WorkflowRunCancelledError(runId));
    // The owner has heard of a cancel. If it is still the owner, the world has forgotten what it knew.
    const release = () => parts.world.dispatch.release(runId, claim.fence, { dueAt: 0 });
    untilAnswered(release, "release a run", parts.patience).catch(() => undefined);
  }

  private end(turn: Turn): void {
    turn.warnOfDropped(this.parts.log);
    this.inbox.warnOfLeft();
    this.attempts.abandon(new Error("The run is over"));
    this.leave(null);
  }

  private leaveWith(live: LiveRun | null, dueAt: number | null): void {
    this.isLeaving = true;
    if (live) this.keep(live, dueAt);
    this.leave(dueAt);
  }

  /** For the next turn, here or after another claim, unless that is far off. */
  private keep(live: LiveRun, dueAt: number | null): void {
    const isFarOff = dueAt !== null && dueAt - live.context.at > this.parts.worthKeepingMs;
    const isOfUse = !live.context.trouble && live.context.position === this.position;
    if (!isOfUse || (this.isIdle && isFarOff)) this.dropContext();
    else this.parts.contexts.put(this.runId, live, !this.isLeaving);
    this.live = null;
  }

  /** News that nobody has looked at are for the next owner: of a run that was retried, say. */
  private leave(dueAt: number | null): void {
    this.isGone = true;
    this.stopTimer?.();
    this.parts.slots.settle(this, false);
    this.watcher.onGone(this, this.hasNews ? this.parts.clock.now() : dueAt);
  }

  private dropContext(): void {
    this.live?.context.release();
    this.live = null;
  }

  /** What this turn has done is forgotten; the run waits for somebody to look at it. */
  private async giveUp(error: unknown): Promise<void> {
    const { parts, claim, position, inbox } = this;
    this.attempts.abandon(error);
    this.dropContext();
    const isStopped = () => this.isGone || parts.patience.signal.aborted;
    let dueAt: number | null = null;
    try {
      if (this.hasNews && !isStopped()) await this.readInbox();
      if (!isStopped()) dueAt = await giveUpRun({ claim, position, inbox }, error, parts);
    } catch {
      // Nobody waits for the world any more.
    }
    if (!this.isGone) this.leave(dueAt);
  }
}
