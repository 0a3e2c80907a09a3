/**
 * Who is told that there is something to do. This process itself, if it executes and has room: then
 * nobody else has to hear of it. Otherwise one of all, by the doorbell. What a run is told that has an
 * owner goes to that one alone.
 */
import type { WorkListener } from "../lib/contract/world";
import type { Doorbell, Ring, RingHearer } from "./doorbell";
import type { DuePlaces } from "./due-places";
import type { Keys } from "./keys";
import type { OwnSessions } from "./sessions";

/** Rings for the runs of a process that has gone: enough for all others to come and look. */
const MOST_FOR_A_PARTITION = 20;
const STEPS_FOR_A_RING = 10;

export class Rings implements RingHearer {
  private readonly listeners = new Set<WorkListener>();
  private readonly followers = new Set<() => void>();
  private readonly hosts = new Set<() => Promise<void> | void>();
  private doorbell: Doorbell | null = null;
  /** Whether this process may keep to itself what it can do itself. */
  private isLocal = true;

  constructor(
    private readonly keys: Keys,
    private readonly sessions: OwnSessions,
    private readonly places: DuePlaces,
  ) {}

  use(doorbell: Doorbell, isLocal: boolean): void {
    this.doorbell = doorbell;
    this.isLocal = isLocal;
  }

  listen(listener: WorkListener): () => void {
    this.listeners.add(listener);
    this.doorbell?.hear();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0 && this.isLocal) this.doorbell?.deafen();
    };
  }

  follow(follower: () => void): () => void {
    const own = () => follower();
    this.followers.add(own);
    return () => this.followers.delete(own);
  }

  host(look: () => Promise<void> | void): () => void {
    const own = () => look();
    this.hosts.add(own);
    return () => this.hosts.delete(own);
  }

  /** So many steps were offered. Whoever offers them has no room itself. */
  offers(runId: string, calls: readonly string[]): void {
    const enough = Math.min(Math.ceil(calls.length / STEPS_FOR_A_RING), MOST_FOR_A_PARTITION);
    const rung = this.isLocal ? calls.slice(0, enough) : calls;
    for (const call of rung) this.doorbell?.ring({ name: "steps", runId, call, delayMs: 0 });
  }

  /** The run is due then, in world time, and it is `now`. */
  due(runId: string, dueAt: number, now: number): void {
    this.places.forget(this.keys.ofRun(runId));
    const delayMs = Math.max(0, dueAt - now);
    if (delayMs > 0) this.doorbell?.ring({ name: "due", runId, delayMs });
    else this.dueNow(runId);
  }

  dueNow(runId: string): void {
    this.places.forget(this.keys.ofRun(runId));
    const looks = this.isLocal && this.lookHere();
    if (!looks) this.doorbell?.ring({ name: "due", runId, delayMs: 0 });
  }

  /** So many of its runs are due all at once, and this process is not to take them. */
  partition(partition: string, count: number): void {
    for (let n = 0; n < Math.min(count, MOST_FOR_A_PARTITION); n++) {
      this.doorbell?.ring({ name: "look", runId: partition, delayMs: 0 });
    }
  }

  /** A job has come: for a run, or for the whole of a partition. */
  heard({ name, runId }: Pick<Ring, "name" | "runId">): Promise<void> | void {
    if (name === "follow") return this.followHere();
    if (name === "steps") return this.hostHere();
    if (name === "due" && this.sessions.isOwned(runId)) return;
    this.places.forget(name === "look" ? runId : this.keys.ofRun(runId));
    const rooms = [...this.listeners].map((listener) => listener.onDue());
    if (rooms.every(Boolean)) return rooms[0];
  }

  /** Everybody was told to look there. */
  lookAt(partition: string): void {
    this.places.forget(partition);
    this.lookHere();
    void this.hostHere();
  }

  news(runId: string | null): void {
    for (const listener of this.listeners) listener.onNews(runId);
  }

  followUps(): void {
    if (this.followers.size === 0) this.doorbell?.ring({ name: "follow", runId: "", delayMs: 0 });
    this.followHere();
  }

  private hostHere(): Promise<void> | void {
    const rooms = [...this.hosts].map((look) => look());
    if (rooms.every(Boolean)) return rooms[0];
  }

  followHere(): void {
    for (const follower of this.followers) follower();
  }

  /** Something was overdue, and no ring had said so. */
  missed(): void {
    this.doorbell?.suspect();
  }

  /** Whether this process looks now. */
  private lookHere(): boolean {
    let looks = false;
    for (const listener of this.listeners) if (!listener.onDue()) looks = true;
    return looks;
  }
}
