/**
 * How many steps run at once in this process: in all, and of one step where its options limit it. In a
 * world that processes share, such a step needs one of the permits of all of them as well.
 *
 * - A run that was refused is told when it may ask again, first come first served; of many workflows
 *   whose runs wait, each in turn.
 * - While others wait, nobody takes more than an equal share, so that a fan-out of thousands leaves
 *   room for a run with one step.
 */
import type { Permits } from "./permits";
import { SeekerLine, type SlotSeeker } from "./seeker-line";

export type { SlotSeeker } from "./seeker-line";

/**
 * Under this name steps run that may be what ends their process: few at a time, so that one of them does
 * not make the others look guilty. Each comes with a limit of its own, and the lowest of those that run
 * or want to holds for all. Other processes have theirs.
 */
export const SUSPECTS = "suspects";

/** Who was told of a permit and has not come for it by then does without it. */
const COMES_WITHIN_MS = 1_000;

export class Slots {
  /** Of all. */
  free: number;
  private readonly seekers = new SeekerLine();
  private readonly limited = new Map<string, Limited>();

  constructor(
    private readonly limit: number,
    /** Null where this process alone executes. */
    private readonly permits: Permits | null = null,
  ) {
    this.free = limit;
    if (permits) permits.onChange = () => this.passOn();
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
    if (stepLimit !== Infinity && !this.takeLimited(step, stepLimit)) return "limited";
    this.free--;
    return "taken";
  }

  give(step: string): void {
    this.free++;
    const limited = this.limited.get(step);
    if (limited) {
      limited.running--;
      if (limited.isShared) this.permits?.give(step);
    }
    this.passOn();
  }

  /** The seeker has asked for all it wants; what is left is for others. */
  settle(seeker: SlotSeeker, isWaiting: boolean): void {
    if (!isWaiting) this.seekers.delete(seeker);
    for (const limited of this.limited.values()) {
      limited.told.delete(seeker);
      if (limited.refused > 0) limited.seekers.set(seeker, limited.refused);
      else if (!isWaiting) limited.seekers.delete(seeker);
      limited.refused = 0;
    }
    this.passOn();
  }

  private passOn(): void {
    if (this.free > 0) this.seekers.shift()?.wake();
    for (const [step, limited] of this.limited) {
      if (this.free > 0) this.tellNext(step, limited);
      if (limited.isShared) this.reckon(step, limited);
    }
  }

  private tellNext(step: string, limited: Limited): void {
    const { running, limit, seekers, told, isShared } = limited;
    const permits = isShared && this.permits ? this.permits.free(step) - expected(limited) : 1;
    let room = Math.min(limit - running, permits);
    for (const [seeker, count] of seekers) {
      if (room <= 0) return;
      room -= count;
      seekers.delete(seeker);
      if (isShared) told.set(seeker, { count, at: performance.now() });
      seeker.wake();
      if (!isShared) return;
    }
  }

  /** What is of no use here is for others, and so is what would be of use while there are no slots. */
  private reckon(step: string, limited: Limited): void {
    if (!this.permits) return;
    const free = this.permits.free(step);
    const promised = expected(limited);
    let wants = Math.max(0, promised - free);
    for (const count of limited.seekers.values()) wants += count;
    const most = this.free === 0 ? 0 : limited.limit - limited.running;
    const spare = Math.max(0, free - promised);
    this.permits.settle(step, limited.limit, spare, Math.min(wants, Math.max(0, most)));
  }

  private takeLimited(step: string, limit: number): boolean {
    let limited = this.limited.get(step);
    if (!limited) {
      const isShared = this.permits !== null && step !== SUSPECTS;
      limited = { limit, isShared, running: 0, refused: 0, seekers: new Map(), told: new Map() };
      this.limited.set(step, limited);
    }
    const isLowest = step !== SUSPECTS || limited.running === 0 || limit < limited.limit;
    if (isLowest) limited.limit = limit;
    const permits = limited.isShared ? this.permits : null;
    if (limited.running >= limited.limit || permits?.free(step) === 0) {
      limited.refused++;
      return false;
    }
    limited.running++;
    permits?.take(step);
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
  /** Whether the limit is that of all processes together. */
  isShared: boolean;
  running: number;
  /** What was refused to the seeker that asks just now. */
  refused: number;
  /** How many each of them would take. */
  seekers: Map<SlotSeeker, number>;
  /** Those who are on their way, and for how many permits. */
  told: Map<SlotSeeker, { count: number; at: number }>;
}

/** How many permits are for those who are on their way. */
function expected({ told }: Limited): number {
  let sum = 0;
  const since = performance.now() - COMES_WITHIN_MS;
  for (const { count, at } of told.values()) if (at > since) sum += count;
  return sum;
}
