/**
 * In which partitions something may be due: asked for anew where this process or a ring says so, and
 * for all others now and then. With one partition it is that one, always.
 */
import type { Keys } from "./keys";

/** Partitions that are asked in one look around. */
const LOOKED_AT = 16;
/** The clock of another server may be so far ahead of what this process thinks. */
const CLOCK_SLACK_MS = 50;

export class DuePlaces {
  /** When somebody has to look there next, as far as is known; null for never. */
  private readonly known = new Map<string, number | null>();
  /** Those that were asked for longest ago first. */
  private order: string[];
  private told = 0;
  private toldAt = 0;

  constructor(keys: Keys) {
    this.order = [...keys.partitions];
  }

  learnTime(at: number): void {
    this.told = at;
    this.toldAt = performance.now();
  }

  learn(partition: string, dueAt: number | null): void {
    this.known.set(partition, dueAt);
    if (this.order.length === 1) return;
    this.order = this.order.filter((each) => each !== partition);
    this.order.push(partition);
  }

  /** Something has changed there. */
  forget(partition: string): void {
    this.known.delete(partition);
  }

  unknown(): string[] {
    return this.order.filter((partition) => !this.known.has(partition));
  }

  oldest(): string[] {
    return this.order.slice(0, LOOKED_AT);
  }

  get isOne(): boolean {
    return this.order.length === 1;
  }

  get all(): string[] {
    return this.order;
  }

  /** Where a claim may find something, longest due first. */
  places(): string[] {
    const now = this.told + performance.now() - this.toldAt + CLOCK_SLACK_MS;
    return this.order
      .map((partition) => ({ partition, dueAt: this.known.get(partition) ?? Infinity }))
      .filter(({ dueAt }) => dueAt <= now)
      .sort((one, other) => one.dueAt - other.dueAt)
      .map(({ partition }) => partition);
  }

  /** The first moment that is known. */
  first(): number | null {
    let first: number | null = null;
    for (const dueAt of this.known.values()) {
      if (dueAt !== null && (first === null || dueAt < first)) first = dueAt;
    }
    return first;
  }
}
