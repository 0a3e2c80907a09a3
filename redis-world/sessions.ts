/**
 * What this process knows of its own sessions: in which partitions they may own runs, so that it renews
 * there and nowhere else, and which runs those are, so that it tells itself of their news.
 */
import type { Keys } from "./keys";

export class OwnSessions {
  /** How many sessions there are besides, as was last heard. */
  others = 0;
  /** Those of which the servers say that they are over. */
  readonly lost = new Set<string>();
  /** By session, the runs by their partition; a partition stays when its last run is gone. */
  private readonly open = new Map<string, Map<string, Set<string>>>();

  constructor(private readonly keys: Keys) {}

  begin(session: string): void {
    this.open.set(session, new Map());
  }

  end(session: string): void {
    this.open.delete(session);
    this.lost.delete(session);
  }

  get all(): string[] {
    return [...this.open.keys()];
  }

  has(session: string): boolean {
    return this.open.has(session);
  }

  /** Before the answer is there: from then on something may be its own. */
  claims(session: string, partition: string): void {
    const partitions = this.open.get(session);
    if (partitions && !partitions.has(partition)) partitions.set(partition, new Set());
  }

  owns(session: string, runId: string): void {
    this.open.get(session)?.get(this.keys.ofRun(runId))?.add(runId);
  }

  /** An attempt of a run of whoever. */
  holds(session: string, runId: string, attempt: string): void {
    this.open.get(session)?.get(this.keys.ofRun(runId))?.add(`${runId} ${attempt}`);
  }

  isHeld(session: string, runId: string, attempt: string): boolean {
    const runs = this.open.get(session)?.get(this.keys.ofRun(runId));
    return runs?.has(`${runId} ${attempt}`) ?? false;
  }

  letGo(session: string, runId: string, attempt: string): void {
    this.open.get(session)?.get(this.keys.ofRun(runId))?.delete(`${runId} ${attempt}`);
  }

  /** It has another owner, or none. */
  forget(runId: string): void {
    const partition = this.keys.ofRun(runId);
    for (const partitions of this.open.values()) partitions.get(partition)?.delete(runId);
  }

  isOwned(runId: string): boolean {
    return this.ownerOf(runId) !== undefined;
  }

  /** The session of this process that owns the run, as far as it knows. */
  ownerOf(runId: string): string | undefined {
    const partition = this.keys.ofRun(runId);
    for (const [session, runs] of this.open) if (runs.get(partition)?.has(runId)) return session;
    return undefined;
  }

  /** Where it owns runs. */
  owning(session: string): string[] {
    const partitions = [...(this.open.get(session) ?? [])];
    return partitions.filter(([, runs]) => runs.size > 0).map(([partition]) => partition);
  }

  /** Where it has ever claimed. */
  known(session: string): string[] {
    return [...(this.open.get(session)?.keys() ?? [])];
  }
}
