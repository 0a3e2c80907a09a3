/**
 * The engine: finds runs that are due, owns them while there is something to do for them, and lets go
 * of them otherwise. One for each process and world.
 *
 * - E1 What it owns belongs to its session. When that is lost, so is everything it owns.
 * - E5 It sleeps until something is due or somebody rings. A ring only makes it look.
 * - E8 When it stops it takes no more, and hands back what it holds.
 * - P9 A run that waits costs nothing here: one timer serves all of them.
 */
import type { CallKey } from "../contract/call";
import type { Parked } from "../contract/run";
import type { RetentionPolicy, World } from "../contract/world";
import { Alarm } from "./alarm";
import { ClaimRequests } from "./claim-requests";
import { Drivers } from "./drivers";
import type { EngineParts } from "./engine-parts";
import { Excuses } from "./excuses";
import { FollowUpWorker } from "./follow-up-worker";
import { GuestSteps } from "./guest-steps";
import {
  type EngineSettings,
  makeParts,
  USUAL_BLOCKED_LIMIT_MS,
  USUAL_RETENTION,
} from "./make-parts";
import type { EngineMetrics } from "./metrics";
import { ParkedRuns } from "./parked-runs";
import { RunOwner } from "./run-owner";
import { lookAfterLines } from "./run-permits";
import { Session } from "./session";

export type { EngineOptions } from "./make-parts";

/** Runs that are claimed at once, and that this process owns at most. */
const CLAIM_BATCH = 50;
const MOST_OWNED = 5_000;
/** While all slots are taken here, processes that have some are given so much time to be first. */
const LET_OTHERS_MS = 50;
const EXPIRE_EVERY_MS = 120_000;
/** Those that somebody took and did not do, and has not come back to, are found then. */
const FOLLOW_UPS_EVERY_MS = 10_000;
const EXPIRE_BATCH = 100;
const LOOK_AFTER_LINES_EVERY_MS = 30_000;
const LOOK_AT_STEPS_EVERY_MS = 1_000;
const SHORTEST_PAUSE_MS = 1;
/** How long a process has to last until it is not what ended those before it. */
const HEALTHY_AFTER_MS = 30_000;
const RETRY_LOOK_MS = 1_000;
/** How long steps that run may go on after a stop. */
const USUAL_GRACE_MS = 10_000;
const LETTING_GO_MS = 1_000;

export class Engine {
  private readonly parts: EngineParts;
  private readonly session: Session;
  private readonly parkedRuns: ParkedRuns;
  private readonly followUps: FollowUpWorker;
  private readonly guests: GuestSteps;
  private readonly retention: RetentionPolicy;
  private readonly owners = new Map<string, RunOwner>();
  private readonly stopping = new AbortController();
  private stopHearing: () => void = () => undefined;
  private readonly requests = new ClaimRequests();
  private readonly excuses = new Excuses();
  private readonly alarm: Alarm;
  private readonly drivers = new Drivers();
  private readonly intervals: (() => void)[] = [];
  private isLooking = false;
  /** Runs that somebody rang for while the world was asked what is due: they may be among those. */
  private readonly rungMeanwhile = new Set<string>();
  private looksAgain = false;
  /** While it is full. */
  private lookingLater: Promise<void> | null = null;
  private isStopping = false;
  private healthy: NodeJS.Timeout | null = null;
  private onEmpty: (() => void) | null = null;

  constructor(
    private readonly world: World,
    private readonly options: EngineSettings = {},
  ) {
    this.parts = makeParts(world, options, this.stopping.signal);
    const { clock, log } = this.parts;
    this.alarm = new Alarm(clock, () => void this.onDue());
    this.session = new Session(world, clock, this, log, this.parts.watchdog);
    this.parkedRuns = new ParkedRuns(world, (runIds) => this.adopt(runIds), this.parts.latestCode);
    const isAwake = () => !this.isStopping && this.session.id !== null;
    this.followUps = new FollowUpWorker(world, this.parts.patience, isAwake);
    this.guests = new GuestSteps(this.parts, () => this.session.id);
    this.retention = { ...USUAL_RETENTION, ...options.retention };
  }

  /** Resolves when it executes, or stands by for the process that does. */
  async start(): Promise<void> {
    this.looksAgain = true;
    const stops = [
      this.world.dispatch.listen(this),
      this.world.followUps.listen(() => this.followUps.look()),
      this.world.steps?.listen(() => this.guests.look()),
    ];
    this.stopHearing = () => stops.forEach((stop) => stop?.());
    this.every(FOLLOW_UPS_EVERY_MS, async () => this.followUps.look());
    this.every(LOOK_AT_STEPS_EVERY_MS, () => this.parkedRuns.wakeForNewSteps());
    this.every(EXPIRE_EVERY_MS, () => this.expire());
    this.every(LOOK_AFTER_LINES_EVERY_MS, () => lookAfterLines(this.parts));
    const { blockedLimitMs = USUAL_BLOCKED_LIMIT_MS } = this.options;
    const { dispatch, thread } = this.world;
    this.parts.watchdog.start(blockedLimitMs, dispatch.leaseMs, thread);
    await this.session.open();
  }

  /** Hands everything back; steps that run have `graceMs` to come to an end. */
  async stop(graceMs = USUAL_GRACE_MS): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    this.stopHearing();
    this.stopTimers();
    this.drain("finish");
    await Promise.all([this.untilEmpty(graceMs), this.guests.untilEmpty(graceMs)]);
    this.drain("abandon");
    await Promise.all([this.untilEmpty(LETTING_GO_MS), this.guests.untilEmpty(LETTING_GO_MS)]);
    await this.parts.pumps.stop(graceMs);
    this.stopping.abort(new Error("The engine was stopped"));
    this.loseAll();
    this.parts.permits?.begin(null);
    await this.session.close();
    this.parts.contexts.clear();
    this.parts.watchdog.stop();
  }

  /** As if the process had ended here: nothing is handed back, and nothing of it is heard again. */
  abandon(): void {
    this.isStopping = true;
    this.stopHearing();
    this.stopTimers();
    this.stopping.abort(new Error("The engine is gone"));
    this.parts.pumps.abandon();
    this.loseAll();
    this.parts.permits?.begin(null);
    this.session.abandon();
    this.parts.contexts.clear();
    this.parts.watchdog.stop();
  }

  /**
   * Whether there is nothing to do until somebody rings or a moment comes, where attempts do not count
   * of which `isWaiting` says that they wait for the same.
   */
  isAtRest(isWaiting: (runId: string, call: CallKey) => boolean): boolean {
    if (this.isLooking || this.looksAgain || !this.followUps.isAtRest) return false;
    return [...this.owners.values()].every((owner) => owner.isAtRest(isWaiting));
  }

  get metrics(): EngineMetrics {
    return this.parts.metrics;
  }

  /** How many runs are this process's now. */
  get owned(): number {
    return this.owners.size;
  }

  get slotsInUse(): number {
    return this.parts.slots.inUse;
  }

  /** Whether this process takes runs; false while it stands by, and while the world is away. */
  get isConsuming(): boolean {
    return !this.isStopping && this.session.id !== null;
  }

  /**
   * Has this process claim the run, due or not. Resolves when nothing is left to do for it here, or
   * when another process has it; false if that did not come in time.
   */
  async drive(runId: string, limitMs: number): Promise<boolean> {
    const isDone = this.drivers.wait(runId, limitMs);
    const owner = this.owners.get(runId);
    if (owner) owner.wakeForNews();
    else this.adopt([runId]);
    return isDone;
  }

  /** Takes steps that other processes have offered, while there is room for them. */
  hostSteps(): void {
    void this.guests.look();
  }

  onParked(runId: string, parked: Parked): void {
    this.parkedRuns.hear(runId, parked);
  }

  onOpened(): void {
    this.parts.permits?.begin(this.session.id);
    // An app that fails right after its start should not have begun with anything.
    const look = () => setImmediate(() => this.look());
    void this.excuses.make(this.world).finally(look);
    this.followUps.look();
    this.attempt(() => this.parkedRuns.wakeAll());
    this.attempt(() => lookAfterLines(this.parts));
    this.healthy = setTimeout(
      () => this.attempt(() => this.parkedRuns.wakeForNewProcess()),
      HEALTHY_AFTER_MS,
    );
    this.healthy.unref();
  }

  onRenewed(runIds: readonly string[]): void {
    for (const runId of runIds) {
      this.owners.get(runId)?.wakeForNews();
      if (this.guests.has(runId)) this.attempt(() => this.guests.check(runId));
    }
  }

  onDueAt(dueAt: number): void {
    this.alarm.set(dueAt);
  }

  onLost(): void {
    if (this.healthy) clearTimeout(this.healthy);
    this.parts.permits?.begin(null);
    this.excuses.note(this.owners.values(), this.parts.watchdog.blockers);
    this.loseAll();
  }

  onJump(): void {
    for (const owner of this.owners.values()) owner.wake();
    this.look();
  }

  onGone(owner: RunOwner, dueAt: number | null): void {
    const { runId } = owner;
    const wasFull = this.owners.size >= MOST_OWNED;
    if (this.owners.get(runId) === owner) {
      this.owners.delete(runId);
      this.drivers.settle(runId);
    }
    if (this.owners.size === 0) this.onEmpty?.();
    if (wasFull) this.look();
    else if (dueAt !== null) this.alarm.set(dueAt);
  }

  onRest(): void {
    this.options.onRest?.();
  }

  onNews(runId: string | null): boolean {
    if (runId === null) {
      if (this.owners.size > 0) void this.session.renew();
      return false;
    }
    const owner = this.owners.get(runId);
    owner?.wakeForNews();
    if (this.guests.has(runId)) this.attempt(() => this.guests.check(runId));
    if (!owner && this.isLooking) this.rungMeanwhile.add(runId);
    return owner !== undefined;
  }

  onDue(): Promise<void> | void {
    if (!this.isFull) return this.look();
    this.lookingLater ??= new Promise((resolve) => {
      this.parts.clock.startTimer(LET_OTHERS_MS, () => {
        this.lookingLater = null;
        this.look();
        resolve();
      });
    });
    return this.lookingLater;
  }

  /** Whether steps of further runs would have to wait here, and need not elsewhere. */
  private get isFull(): boolean {
    if (this.world.dispatch.leaseMs === Infinity) return false;
    if (this.session.id === null) return true;
    let room = this.parts.slots.free;
    for (const { running } of this.owners.values()) if (running === 0) room--;
    return room <= 0;
  }

  /** Level-triggered: however many ask, it looks once more after the last of them (E4). */
  private look(): void {
    this.looksAgain = true;
    if (!this.isLooking) void this.claimDue();
  }

  private async claimDue(): Promise<void> {
    this.isLooking = true;
    try {
      while (this.looksAgain && !this.isStopping && this.session.id !== null) {
        this.looksAgain = false;
        const hasMore = await this.claimBatch(this.session.id);
        if (!hasMore) await this.scheduleLook();
        else if (this.isFull) void this.onDue();
        else this.looksAgain = true;
      }
    } catch (error) {
      if (!this.isStopping) {
        this.parts.log("error", `The world does not say what is due: ${String(error)}`);
        this.alarm.set(this.parts.clock.now() + RETRY_LOOK_MS);
      }
    } finally {
      this.isLooking = false;
      this.onRest();
    }
  }

  /** True if there may be more. */
  private async claimBatch(session: string): Promise<boolean> {
    const limit = Math.min(CLAIM_BATCH, MOST_OWNED - this.owners.size);
    if (limit <= 0) return false;
    const request = this.requests.next(limit);
    const { id, only, isRepeated } = request;
    const claims = await this.world.dispatch.claim(session, id, request.limit, only);
    this.requests.answered(request);
    if (this.session.id !== session || this.isStopping) return false;
    this.metrics.claims.add(claims.length);
    // To learn what it knows would cost it a part of a millisecond each time.
    if (claims[0] && claims[0].at > this.parts.clock.now()) this.session.learnTime(claims[0].at);
    for (const claim of claims) {
      if (claim.claims > 1) this.parts.metrics.redriven.add("run");
      this.owners.get(claim.runId)?.lose(new Error("The run was claimed again"));
      const owner = new RunOwner(claim, this.parts, this);
      this.owners.set(claim.runId, owner);
      // Whoever rang since the claim was made found no owner.
      if (isRepeated || this.rungMeanwhile.has(claim.runId)) owner.wakeForNews();
      else owner.wake();
    }
    this.rungMeanwhile.clear();
    for (const runId of only ?? []) if (!this.owners.has(runId)) this.drivers.settle(runId);
    return isRepeated || only !== undefined || claims.length === limit;
  }

  private adopt(runIds: readonly string[]): void {
    for (const runId of runIds) if (!this.owners.has(runId)) this.requests.want(runId);
    this.look();
  }

  private async scheduleLook(): Promise<void> {
    const dueAt = await this.world.dispatch.nextDue();
    if (dueAt === null || this.owners.size >= MOST_OWNED) return;
    // What is due by this clock and was not handed out is not due by that of the world yet.
    this.alarm.set(Math.max(dueAt, this.parts.clock.now() + SHORTEST_PAUSE_MS));
  }

  private async expire(): Promise<void> {
    while ((await this.world.runs.expire(this.retention, EXPIRE_BATCH)) === EXPIRE_BATCH) {
      if (this.isStopping) return;
    }
  }

  private every(ms: number, action: () => Promise<void>): void {
    const stop = this.parts.clock.startInterval(ms, () => {
      if (this.session.id !== null) this.attempt(action);
    });
    this.intervals.push(stop);
  }

  private stopTimers(): void {
    for (const stop of this.intervals) stop();
    this.alarm.stop();
    if (this.healthy) clearTimeout(this.healthy);
  }

  private attempt(action: () => Promise<void>): void {
    action().catch((error: unknown) => {
      if (!this.isStopping) this.parts.log("error", `The world does not answer: ${String(error)}`);
    });
  }

  private drain(how: "finish" | "abandon"): void {
    for (const owner of [...this.owners.values()]) owner.drain(how);
    this.guests.drain(how);
  }

  private loseAll(): void {
    const reason = new Error("This process does not own the run any more");
    for (const owner of [...this.owners.values()]) owner.lose(reason);
    this.guests.loseAll(reason);
  }

  private async untilEmpty(ms: number): Promise<void> {
    if (this.owners.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.onEmpty = null;
  }
}
