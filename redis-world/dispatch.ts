/**
 * Who executes which run. A session is a lease in each partition; the runs of one that has run out
 * are due again when somebody claims.
 */
import { randomUUID } from "node:crypto";
import type { Claim, Dispatch } from "../lib/contract/world";
import { type Connection, rows, texts } from "./connection";
import type { Keys } from "./keys";
import type { News } from "./news";
import { dueArgument } from "./run-hash";
import { CLAIM_RUNS } from "./scripts/claim-runs";
import { NEXT_DUE } from "./scripts/next-due";
import { RELEASE_RUN } from "./scripts/release-run";
import { CLOSE_SESSION, COUNT_SESSIONS, OPEN_SESSION, RENEW_SESSION } from "./scripts/sessions";
import { STRIKE_RUN } from "./scripts/strike-run";

type ReleaseOptions = NonNullable<Parameters<Dispatch["release"]>[2]>;

export class RedisDispatch implements Dispatch {
  /** Those that are open. */
  private readonly sessions = new Set<string>();

  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly news: News,
    readonly leaseMs: number,
  ) {}

  async openSession(): Promise<string | null> {
    const session = randomUUID();
    await this.everywhere((partition) =>
      this.connection.run(OPEN_SESSION, partition, session, this.leaseMs),
    );
    this.sessions.add(session);
    return session;
  }

  async renew(session: string): Promise<string[] | null> {
    const news = await this.everywhere((partition) =>
      this.connection.run(RENEW_SESSION, partition, session, this.leaseMs),
    );
    if (news.some((each) => each === null)) {
      await this.closeSession(session);
      return null;
    }
    return news.flatMap(texts);
  }

  async closeSession(session: string): Promise<void> {
    await this.everywhere((partition) => this.connection.run(CLOSE_SESSION, partition, session));
    this.sessions.delete(session);
  }

  /** As good as it can: what stays open runs out. */
  async closeSessions(): Promise<void> {
    const open = [...this.sessions];
    await Promise.allSettled(open.map((session) => this.closeSession(session)));
  }

  async claim(
    session: string,
    claimId: string,
    limit: number,
    only?: readonly string[],
  ): Promise<Claim[]> {
    const claims: Claim[] = [];
    const named = only && [...new Set(only)];
    for (const partition of this.keys.partitions) {
      const missing = limit - claims.length;
      if (missing <= 0) break;
      const own = named?.filter((runId) => this.keys.ofRun(runId) === partition) ?? [];
      if (named && own.length === 0) continue;
      const args = [session, claimId, missing, ...own];
      // crash here: what was claimed so far is the answer to the same claim, or due with the session.
      const reply = await this.connection.run(CLAIM_RUNS, partition, ...args);
      const [at, ...claimed] = texts(reply);
      claims.push(...rows(claimed, 6).map((row) => claimOf(row, Number(at))));
    }
    return claims;
  }

  async release(runId: string, fence: number, left: ReleaseOptions = {}): Promise<void> {
    const { dueAt, seen = 0 } = left;
    const args = [runId, fence, dueArgument(dueAt), seen];
    await this.connection.run(RELEASE_RUN, this.keys.ofRun(runId), ...args);
  }

  async strike(runId: string): Promise<void> {
    await this.connection.run(STRIKE_RUN, this.keys.ofRun(runId), runId);
  }

  async nextDue(): Promise<number | null> {
    const dues = await this.everywhere((partition) => this.connection.run(NEXT_DUE, partition));
    const known = dues.filter((due) => due !== null).map(Number);
    return known.length > 0 ? Math.min(...known) : null;
  }

  listen(listener: (runId: string | null) => void): () => void {
    const stops = this.keys.partitions.map((each) => this.news.listen(`${each}:work`, listener));
    return () => stops.forEach((stop) => stop());
  }

  async isServed(): Promise<boolean> {
    const [first] = this.keys.partitions;
    return Number(await this.connection.run(COUNT_SESSIONS, first!)) > 0;
  }

  private async everywhere<T>(action: (partition: string) => Promise<T>): Promise<T[]> {
    return Promise.all(this.keys.partitions.map(action));
  }
}

function claimOf([runId, ...counts]: string[], at: number): Claim {
  const [fence, claims, strikes, position, messages] = counts.map(Number);
  return {
    ...{ runId: runId!, fence: fence!, claims: claims!, strikes: strikes!, at },
    ...{ position: position!, hasMessages: messages! > 0 },
  };
}
