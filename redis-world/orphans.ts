/**
 * Runs and attempts that Redis takes to be this process's, and that this process knows nothing of. It
 * has brought them further and let go of them, and then the server lost that: it came back with what it
 * had written to its disk. Nobody else would ever take them, since the lease is renewed for the rest.
 *
 * What is missed twice is let go of; once may be a claim whose answer is still under way.
 */
import type { Connection } from "./connection";
import type { Rings } from "./rings";
import { LET_GO } from "./scripts/let-go";
import type { OwnSessions } from "./sessions";

const COMPARE_EVERY_MS = 5_000;

interface OrphanParts {
  connection: Connection;
  sessions: OwnSessions;
  rings: Rings;
}

export class Orphans {
  private comparedAt = -Infinity;
  /** By session and partition, what was not known when it was compared last. */
  private readonly missed = new Map<string, ReadonlySet<string>>();

  constructor(private readonly parts: OrphanParts) {}

  /** Now and then, where the session owns something. */
  look(session: string, partitions: readonly string[]): void {
    if (performance.now() - this.comparedAt < COMPARE_EVERY_MS) return;
    this.comparedAt = performance.now();
    for (const partition of partitions) {
      // What cannot be asked now is asked next time.
      this.compare(session, partition).catch(() => undefined);
    }
  }

  forget(session: string): void {
    for (const place of this.missed.keys()) {
      if (place.startsWith(`${session} `)) this.missed.delete(place);
    }
  }

  private async compare(session: string, partition: string): Promise<void> {
    const { connection, sessions, rings } = this.parts;
    const [runs, members] = await Promise.all(
      ["owned", "held"].map((kind) =>
        connection.read((client) => client.smembers(`${partition}:${kind}:${session}`)),
      ),
    );
    const lostRuns = runs!.filter((runId) => sessions.ownerOf(runId) !== session);
    const lostAttempts = members!.filter((member) => !sessions.isHeld(session, ...partsOf(member)));
    const place = `${session} ${partition}`;
    const before = this.missed.get(place);
    this.missed.set(place, new Set([...lostRuns, ...lostAttempts]));
    const [free, over] = [lostRuns, lostAttempts].map((lost) =>
      lost.filter((each) => before?.has(each)),
    );
    if (free!.length + over!.length === 0) return;
    const args = [session, free!.length, ...free!, ...over!];
    // crash here: its lease is over soon.
    const count = await connection.run(LET_GO, partition, ...args);
    rings.partition(partition, Number(count));
  }
}

/** As `memberOf` in scripts/script.ts makes it, in the words of `OwnSessions`. */
function partsOf(member: string): [runId: string, attempt: string] {
  const [, attempt, length, rest] = /^(\d+) (\d+) (.*)$/s.exec(member)!;
  const runId = rest!.slice(0, Number(length));
  return [runId, `${rest!.slice(runId.length + 1)} ${attempt}`];
}
