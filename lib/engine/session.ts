/**
 * The session of this process: opened when the world allows it, renewed in time, opened again when it
 * was lost (E1). While another process holds the data it stands by.
 */
import type { World } from "../contract/world";
import type { Logger } from "./logger";
import type { WorldClock } from "./world-clock";

/** How often a process that stands by asks whether it may execute: another one takes over within that. */
const STAND_BY_MS = 250;
const MOST_BETWEEN_RENEWALS_MS = 10_000;

export interface SessionWatcher {
  onOpened(): void;
  /** Runs that this process owns and that have news. */
  onNews(runIds: readonly string[]): void;
  /** Nothing that it owned is its own any more. */
  onLost(): void;
}

export class Session {
  id: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isRenewing: Promise<void> | null = null;
  private isClosed = false;
  private openings = 0;

  constructor(
    private readonly world: World,
    private readonly clock: WorldClock,
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

  private async opened(id: string): Promise<void> {
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
    this.timer = setTimeout(() => void this.renew().finally(() => this.scheduleNext()), ms);
  }

  private scheduleNext(): void {
    if (this.isClosed) return;
    if (this.id !== null) this.scheduleRenewal();
    else void this.open();
  }

  private async askForNews(): Promise<void> {
    const { id } = this;
    if (id === null) return;
    try {
      const news = await this.world.dispatch.renew(id);
      if (this.id !== id) return;
      if (news) this.watcher.onNews(news);
      else this.lost();
      this.clock.learn(await this.world.now());
    } catch (error) {
      this.log("error", `The session could not be renewed: ${String(error)}`);
    }
  }

  private lost(): void {
    this.id = null;
    this.log("warn", "The session of this process was lost; other processes have its runs");
    this.watcher.onLost();
  }
}
