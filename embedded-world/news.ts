/**
 * Tells whoever listens that something may have happened: at once for what this process did, and
 * within a few milliseconds for commits of other processes, by the one poll of a process (2 to 5 us
 * each time), which runs while somebody listens and others can commit.
 */
import type { Database } from "./database";

const POLL_MS = 10;

/** What the news are about; null when that is not known. */
type Listener = (about: string | null) => void;

/** There may be work: a run to claim, a message to read, a cancel. */
export const WORK = "work";
/** There may be follow-ups. */
export const FOLLOW_UPS = "follow-ups";

export class News {
  /** By topic: `work`, or the id of the run or stream that grew. */
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly rung = new Map<string, Set<string | null>>();
  private timer: NodeJS.Timeout | null = null;
  private version = 0;

  constructor(
    private readonly database: Database,
    /** Whether other processes may have the database open, too. */
    private readonly isShared = true,
  ) {}

  /** What is rung for more than once in one turn is heard once. */
  ring(topic: string, about: string | null = null): void {
    if (!this.listeners.has(topic)) return;
    if (this.rung.size === 0) queueMicrotask(() => this.tell());
    const subjects = this.rung.get(topic);
    if (subjects) subjects.add(about);
    else this.rung.set(topic, new Set([about]));
  }

  listen(topic: string, listener: Listener): () => void {
    const own: Listener = (about) => listener(about);
    const listeners = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, listeners.add(own));
    this.startPolling();
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.listeners.get(topic) === listeners) {
        this.listeners.delete(topic);
      }
      if (this.listeners.size === 0) this.stop();
    };
  }

  /** The world is closed: who waits for something hears of it, and finds that out. */
  close(): void {
    const waiting = [...this.listeners].filter(([topic]) => topic !== WORK);
    this.stop();
    for (const [, listeners] of waiting) for (const listener of listeners) listener(null);
  }

  private stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.listeners.clear();
  }

  private startPolling(): void {
    if (this.timer || !this.isShared) return;
    this.version = this.database.dataVersion();
    this.timer = setInterval(() => this.look(), POLL_MS);
    this.timer.unref();
  }

  private tell(): void {
    const rung = [...this.rung];
    this.rung.clear();
    for (const [topic, subjects] of rung) {
      for (const listener of [...(this.listeners.get(topic) ?? [])]) {
        for (const about of subjects) listener(about);
      }
    }
  }

  private look(): void {
    const version = this.database.dataVersion();
    if (version === this.version) return;
    this.version = version;
    for (const topic of this.listeners.keys()) this.ring(topic);
  }
}
