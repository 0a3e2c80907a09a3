/**
 * The session of this process: opened when the world allows it, renewed in time, opened again when it
 * was lost (E1). While another process holds the data it stands by.
 */
import type { World } from "../contract/world";
import type { Logger } from "./logger";
import type { EngineClock } from "./world-clock";

/** How often a process that stands by asks whether it may execute: another one takes over within that. */
const STAND_BY_MS = 250;
const MOST_BETWEEN_RENEWALS_MS = 10_000;
/** How much of a lease may go by without an answer, until this process takes it to be over. */
const LEASE_SHARE = 0.8;
const JUMP_MS = 1_000;

export interface SessionWatcher {
  onOpened(): void;
  /** Runs that this process owns and that have news. */
  onNews(runIds: readonly string[]): void;
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
  private isClosed = false;
  private openings = 0;

  constructor(
    private readonly world: World,
    private readonly clock: EngineClock,
    private readonly watcher: SessionWatcher,
    private readonly log: Logger,
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
    this.isRenewing ??= this.askForNews().finally(() => (this.isRenewing = null));
    return this.isRenewing;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer) clearTimeout(this.timer);
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
    if (this.timer) clearTimeout(this.timer);
  }

  private async opened(id: string): Promise<void> {
    this.renewedAt = performance.now();
    this.clock.learn(await this.world.now());
    if (this.isClosed) return this.world.dispatch.closeSession(id);
    this.id = id;
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
    const askedAt = performance.now();
    try {
      const news = await this.world.dispatch.renew(id);
      if (this.id !== id) return;
      if (!news) return this.lost();
      this.renewedAt = askedAt;
      this.watcher.onNews(news);
      await this.learnTime();
    } catch (error) {
      this.log("error", `The session could not be renewed: ${String(error)}`);
      const { leaseMs } = this.world.dispatch;
      if (performance.now() - this.renewedAt > leaseMs * LEASE_SHARE) this.lost();
    }
  }

  /** Timers of this process stand still while it does; what they were to wake is overdue then. */
  private async learnTime(): Promise<void> {
    const expected = this.clock.now();
    this.clock.learn(await this.world.now());
    if (this.clock.now() - expected > JUMP_MS) this.watcher.onJump();
  }

  private lost(): void {
    this.id = null;
    this.log("warn", "The session of this process was lost; other processes have its runs");
    this.watcher.onLost();
    if (this.timer) clearTimeout(this.timer);
    if (!this.isClosed) void this.open();
  }
}
