/**
 * Who executes which run. The one process that holds the lock of the folder is the session; what an
 * earlier session owned is due again at once when the next one opens.
 */
import { randomUUID } from "node:crypto";
import type { Claim, Dispatch, Renewal, WorkListener } from "../lib/contract/world";
import type { Claims } from "./claims";
import type { Database } from "./database";
import type { Lock } from "./executor-lock";
import { type News, WORK } from "./news";
import { text } from "./run-rows";

type ReleaseOptions = NonNullable<Parameters<Dispatch["release"]>[2]>;

export class EmbeddedDispatch implements Dispatch {
  /** The lock ends with the process. */
  readonly leaseMs = Infinity;

  constructor(
    private readonly database: Database,
    private readonly claims: Claims,
    private readonly lock: Lock,
    private readonly news: News,
  ) {}

  async openSession(): Promise<string | null> {
    if (!this.lock.tryAcquire()) return null;
    const session = this.claims.session ?? randomUUID();
    this.claims.begin(session);
    this.database.transaction(() => {
      const now = this.database.now();
      this.sql(
        `UPDATE runs SET owner = NULL,
            due_at = iif(ended_at IS NULL, min(coalesce(due_at, ?1), ?1), NULL)
          WHERE owner IS NOT NULL AND owner <> ?2`,
      ).run(now, session);
      // Whoever had taken those is not there any more.
      this.sql("UPDATE follow_ups SET taken_at = 0 WHERE taken_at > 0").run();
    });
    this.news.ring(WORK);
    return session;
  }

  async renew(session: string): Promise<Renewal | null> {
    if (session !== this.claims.session) return null;
    const rows = this.sql(
      `SELECT run_id FROM runs WHERE owner = ?
        AND (messages > seen OR ended_at IS NOT NULL)`,
    ).all(session);
    return { news: rows.map((row) => text(row["run_id"])), at: this.database.now() };
  }

  async closeSession(session: string): Promise<void> {
    if (session !== this.claims.session) return;
    this.claims.end();
    this.database.transaction(() => {
      const now = this.database.now();
      this.sql(
        `UPDATE runs SET owner = NULL,
            due_at = iif(ended_at IS NULL, min(coalesce(due_at, ?1), ?1), NULL) WHERE owner = ?2`,
      ).run(now, session);
    });
    this.lock.release();
  }

  async claim(
    session: string,
    claimId: string,
    limit: number,
    only?: readonly string[],
  ): Promise<Claim[]> {
    if (session !== this.claims.session) return [];
    return this.claims.claim(claimId, limit, only);
  }

  async release(runId: string, fence: number, left: ReleaseOptions = {}): Promise<void> {
    const { dueAt, seen = 0 } = left;
    this.database.transaction(() => {
      const isGiven = dueAt !== undefined ? 1 : 0;
      const now = this.database.now();
      const { changes } = this.sql(
        `UPDATE runs SET owner = NULL, claims = 0, seen = max(seen, ?4), due_at = CASE
            WHEN ended_at IS NOT NULL THEN NULL
            WHEN messages > max(seen, ?4) THEN ?1
            WHEN ?2 THEN ?3 ELSE due_at END
          WHERE run_id = ?5 AND (fence = ?6 OR ended_at IS NOT NULL) AND owner IS NOT NULL`,
      ).run(now, isGiven, dueAt ?? null, seen, runId, fence);
      if (Number(changes) > 0) return;
      this.sql(
        "UPDATE runs SET claims = 0 WHERE run_id = ? AND fence = ? AND owner IS NULL AND ended_at IS NULL",
      ).run(runId, fence);
    });
    this.news.ring(WORK, runId);
  }

  async strike(runId: string): Promise<void> {
    this.sql("UPDATE runs SET strikes = strikes + 1 WHERE run_id = ?").run(runId);
  }

  async nextDue(): Promise<number | null> {
    if (this.claims.readyCount > 0) return this.database.now();
    const row = this.sql(
      "SELECT min(due_at) AS next FROM runs WHERE due_at IS NOT NULL AND owner IS NULL",
    ).get();
    return row?.["next"] === null || row === undefined ? null : Number(row["next"]);
  }

  async countDue(): Promise<number> {
    const due = "SELECT count(*) AS count FROM runs WHERE due_at <= ? AND owner IS NULL";
    const waiting = Number(this.sql(due).get(this.database.now())!["count"]);
    return waiting + this.claims.readyCount;
  }

  listen(listener: WorkListener): () => void {
    return this.news.listen(WORK, (runId) => {
      // What this process owns it need not claim.
      const isOwned = listener.onNews(runId);
      if (!isOwned || runId === null) void listener.onDue();
    });
  }

  async isServed(): Promise<boolean> {
    if (this.lock.isHeld) return true;
    const isFree = this.lock.tryAcquire();
    if (isFree) this.lock.release();
    return !isFree;
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}
