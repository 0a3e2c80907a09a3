/**
 * How many runs are in a turn at once. Each has a realm in use meanwhile, and a realm that is free
 * again serves the next run: a thousand runs that are due together need no thousand realms.
 */
const MOST_AT_ONCE = 48;

export class Turnstile {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  /** Null where there is no need to wait. Each entry is followed by a `leave`. */
  enter(): Promise<void> | null {
    if (this.inside < MOST_AT_ONCE) {
      this.inside++;
      return null;
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The place goes to the one that has waited longest. */
  leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.inside--;
  }
}
