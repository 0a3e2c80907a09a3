/**
 * How many steps run at once in this process: in all, and of one step where its options limit it.
 *
 * - A run that was refused is told when it may ask again, first come first served.
 * - While others wait, nobody takes more than an equal share, so that a fan-out of thousands leaves
 *   room for a run with one step.
 */
export interface SlotSeeker {
  /** A slot may be free. */
  wake(): void;
}

export class Slots {
  /** Of all. */
  free: number;
  private readonly seekers = new Set<SlotSeeker>();
  private readonly limited = new Map<string, Limited>();

  constructor(private readonly limit: number) {
    this.free = limit;
  }

  get inUse(): number {
    return this.limit - this.free;
  }

  /** `held` is how many the seeker has already. `full`: there is none for any step. */
  take(seeker: SlotSeeker, held: number, step: string, stepLimit: number): SlotAnswer {
    if (this.free === 0 || held >= this.shareOf(seeker)) {
      this.seekers.add(seeker);
      return "full";
    }
    if (stepLimit !== Infinity && !this.takeLimited(seeker, step, stepLimit)) return "limited";
    this.free--;
    return "taken";
  }

  give(step: string): void {
    this.free++;
    const limited = this.limited.get(step);
    if (limited) {
      limited.running--;
      if (limited.running === 0 && limited.seekers.size === 0) this.limited.delete(step);
    }
    this.passOn();
  }

  /** The seeker has asked for all it wants; what is left is for others. */
  settle(seeker: SlotSeeker, isWaiting: boolean): void {
    if (!isWaiting) {
      this.seekers.delete(seeker);
      for (const { seekers } of this.limited.values()) seekers.delete(seeker);
    }
    this.passOn();
  }

  private passOn(): void {
    if (this.free === 0) return;
    tellFirst(this.seekers);
    for (const { running, limit, seekers } of this.limited.values()) {
      if (running < limit) tellFirst(seekers);
    }
  }

  private takeLimited(seeker: SlotSeeker, step: string, limit: number): boolean {
    let limited = this.limited.get(step);
    if (!limited) this.limited.set(step, (limited = { limit, running: 0, seekers: new Set() }));
    limited.limit = limit;
    if (limited.running >= limit) {
      limited.seekers.add(seeker);
      return false;
    }
    limited.running++;
    return true;
  }

  private shareOf(seeker: SlotSeeker): number {
    const others = this.seekers.size - (this.seekers.has(seeker) ? 1 : 0);
    return others === 0 ? Infinity : Math.ceil(this.limit / (others + 1));
  }
}

export type SlotAnswer = "taken" | "full" | "limited";

interface Limited {
  limit: number;
  running: number;
  seekers: Set<SlotSeeker>;
}

function tellFirst(seekers: Set<SlotSeeker>): void {
  const [first] = seekers;
  if (!first) return;
  seekers.delete(first);
  first.wake();
}
