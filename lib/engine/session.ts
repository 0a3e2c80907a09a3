/**
 * The session of this process: opened when the world allows it, renewed in time, opened again when it
 * was lost (E1). While another process holds the data it stands by.
 */
import type { World } from "../contract/world";
import type { Logger } from "./logger";
import type { Watchdog } from "./watchdog";
import type { EngineClock } from "./world-clock";

/** How often a process that stands by asks whether it may execute: another one takes over within that. */
const STAND_BY_MS = 250;
const MOST_BETWEEN_RENEWALS_MS = 10_000;
/** How much of a lease may go by without an answer, until this process takes it to be over. */
const LEASE_SHARE = 0.8;
/** And how long that question may be under way at least, where it was asked late. */
const ANSWER_SHARE = 0.2;
const JUMP_MS = 1_000;

export interface SessionWatcher {
  onOpened(): void;
  /** Runs that this process owns and that have news. */
  onRenewed(runIds: readonly string[]): void;
  /** Somebody has to look then at the latest. */
  onDueAt(dueAt: number): void;
  /** Nothing that it owned is its own any more. */
  onLost(): void;
  /** The clock of the world is further than was thought: the process was asleep, say. */
  onJump(): void;
}

export class Session {
  id: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isRenewing: Promise<void> | null = null;
  /** When the last renewal that was answered was asked for, on the clock of the process. */
  private renewedAt = 0;
  private askedAt = 0;
  private isClosed = false;
  private openings = 0;
  private deadline: NodeJS.Timeout | null = null;

  constructor(
    private readonly world: World,
    private readonly clock: EngineClock,
    private readonly watcher: SessionWatcher,
    private readonly log: Logger,
    private readonly watchdog: Watchdog,
  ) {}

  async open(): Promise<void> {
    if (this.isClosed) return;
    this.openings++;
    try {
      const id = await this.world.dispatch.openSession();
      if (id !== null) return await this.opened(id);
      if (this.openings === 1) {
        this.log("info", "Another process executes the runs; this one stands by");
      }
    } catch (error) {
      if (this.openings % 240 === 1)
        this.log("error", `The world cannot be used: ${String(error)}`);
    }
    this.timer = setTimeout(() => void this.open(), STAND_BY_MS);
  }

  /** Asks for news now; those who ask while that is under way get the same answer, or a later one. */
  async renew(): Promise<void> {
    if (this.isRenewing) return this.isRenewing;
    const asking = this.askForNews().finally(() => {
      if (this.isRenewing === asking) this.isRenewing = null;
    });
    return (this.isRenewing = asking);
  }

  /** Timers of this process stand still while it does; what they were to wake is overdue then. */
  learnTime(at: number): void {
    const expected = this.clock.now();
    this.clock.learn(at);
    if (this.clock.now() - expected > JUMP_MS) this.watcher.onJump();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.stopTimers();
    const { id } = this;
    this.id = null;
    if (id === null) return;
    try {
      await this.world.dispatch.closeSession(id);
    } catch (error) {
      // It runs out by itself.
      this.log("warn", `The session could not be closed: ${String(error)}`);
    }
  }

  /** Without a word to the world. */
  abandon(): void {
    this.isClosed = true;
    this.id = null;
    this.stopTimers();
  }

  private stopTimers(): void {
    this.watchdog.holds(null);
    if (this.timer) clearTimeout(this.timer);
    if (this.deadline) clearTimeout(this.deadline);
  }

  private async opened(id: string): Promise<void> {
    this.renewed(performance.now());
    this.clock.learn(await this.world.now());
    if (this.isClosed) return this.world.dispatch.closeSession(id);
    this.id = id;
    this.watchdog.holds(id);
    this.openings = 0;
    this.scheduleRenewal();
    this.watcher.onOpened();
  }

  private scheduleRenewal(): void {
    const { leaseMs } = this.world.dispatch;
    const ms = Math.min(leaseMs / 3, MOST_BETWEEN_RENEWALS_MS);
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.renew().finally(() => this.scheduleNext()), ms);
    // Those of the engine keep the process.
    this.timer.unref();
  }

  private scheduleNext(): void {
    if (!this.isClosed && this.id !== null) this.scheduleRenewal();
  }

  private async askForNews(): Promise<void> {
    const { id } = this;
    if (id === null) return;
    const askedAt = (this.askedAt = performance.now());
    try {
      const renewal = await this.world.dispatch.renew(id);
      if (this.id !== id) return;
      if (!renewal) return this.lost();
      this.renewed(askedAt);
      this.watcher.onRenewed(renewal.news);
      if (renewal.at !== null) this.learnTime(renewal.at);
      if (typeof renewal.dueAt === "number") this.watcher.onDueAt(renewal.dueAt);
    } catch (error) {
      this.log("error", `The session could not be renewed: ${String(error)}`);
      if (this.isSilent) this.lost();
    }
  }

  private renewed(at: number): void {
    this.renewedAt = Math.max(this.renewedAt, at);
    this.watchDeadline();
  }

  /** A question that is never answered is an answer, too. */
  private watchDeadline(): void {
    const { leaseMs } = this.world.dispatch;
    if (this.deadline) clearTimeout(this.deadline);
    if (leaseMs === Infinity) return;
    const left = this.renewedAt + leaseMs * LEASE_SHARE - performance.now();
    this.deadline = setTimeout(() => void this.atDeadline(), Math.max(left, leaseMs / 20));
    this.deadline.unref();
  }

  /** Timers of a process that stood still are all late, so it asks before it takes this for granted. */
  private async atDeadline(): Promise<void> {
    const { leaseMs } = this.world.dispatch;
    if (this.id === null || this.isClosed) return;
    if (!this.isRenewing) void this.renew();
    else if (this.isSilent && performance.now() - this.askedAt > leaseMs * ANSWER_SHARE) {
      return this.lost();
    }
    this.watchDeadline();
  }

  private get isSilent(): boolean {
    const { leaseMs } = this.world.dispatch;
    const renewedAt = Math.max(this.renewedAt, this.watchdog.renewedAt);
    return performance.now() - renewedAt > leaseMs * LEASE_SHARE;
  }

  private lost(): void {
    if (this.id === null) return;
    this.id = null;
    this.watchdog.holds(null);
    // What was asked for it is of no interest any more, and may never be answered.
    this.isRenewing = null;
    this.log("warn", "The session of this process was lost; other processes have its runs");
    this.watcher.onLost();
    if (this.timer) clearTimeout(this.timer);
    if (!this.isClosed) void this.open();
  }
}
