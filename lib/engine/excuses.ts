/**
 * Runs that this process lost with its session, and did not end by: it was cut off, or stopped for a
 * while, and is there. What it had begun does not count against them, or an outage of the world that
 * comes a few times in a row would park runs that have done nothing wrong (P2).
 */
import type { Claim, World } from "../contract/world";

const AT_ONCE = 50;

export class Excuses {
  private claims: Claim[] = [];

  /** `blockers` have kept the process from renewing its session themselves. */
  note(owners: Iterable<{ claim: Claim }>, blockers: Set<string>): void {
    const claims = Array.from(owners, ({ claim }) => claim);
    this.claims.push(...claims.filter(({ runId }) => !blockers.has(runId)));
    // Each counts once: what it did in an earlier session says nothing about the next one.
    blockers.clear();
  }

  /** As good as it can: who has taken a run meanwhile has other reasons to count. */
  async make(world: World): Promise<void> {
    const { claims } = this;
    this.claims = [];
    for (let first = 0; first < claims.length; first += AT_ONCE) {
      const some = claims.slice(first, first + AT_ONCE);
      await Promise.allSettled(
        some.map(({ runId, fence }) => world.dispatch.release(runId, fence, { dueAt: 0 })),
      );
    }
  }
}
