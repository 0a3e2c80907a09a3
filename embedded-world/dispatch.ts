/**
 * Who executes which run. The one process that holds the lock of the folder is the session; what an
 * earlier session owned is due again at once when the next one opens.
 */
import { randomUUID } from "node:crypto";
import type { Claim, Dispatch } from "../lib/contract/world";
import type { Database } from "./database";
import type { ExecutorLock } from "./executor-lock";
import type { News } from "./news";
import { text } from "./run-rows";

export class EmbeddedDispatch implements Dispatch {
  /** The lock does not run out; this is how often an owner asks for news that it has missed. */
  readonly leaseMs = 30_000;
  private session: string | null = null;

  constructor(
    private readonly database: Database,
    private readonly lock: ExecutorLock,
    private readonly news: News,
  ) {}

  async openSession(): Promise<string | null> {
    if (!this.lock.tryAcquire()) return null;
    this.session ??= randomUUID();
    const { session } = this;
    this.database.transaction(() => {
      const now = this.database.now();
      this.sql(
        `UPDATE runs SET owner = NULL, due_at = min(coalesce(due_at, ?1), ?1)
          WHERE owner IS NOT NULL AND owner <> ?2`,
      ).run(now, session);
    });
    this.news.ring();
    return session;
  }

  async renew(session: string): Promise<string[] | null> {
    if (session !== this.session) return null;
    const rows = this.sql(
      `SELECT run_id FROM runs WHERE owner = ?
        AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run = runs.number)`,
    ).all(session);
    return rows.map((row) => text(row["run_id"]));
  }

  async closeSession(session: string): Promise<void> {
    if (session !== this.session) return;
    this.session = null;
    this.database.transaction(() => {
      const now = this.database.now();
      this.sql(
        `UPDATE runs SET owner = NULL, due_at = min(coalesce(due_at, ?1), ?1) WHERE owner = ?2`,
      ).run(now, session);
    });
    this.lock.release();
  }

  async claim(session: string, limit: number): Promise<Claim[]> {
    if (session !== this.session) return [];
    const now = this.database.now();
    const due = this.sql(
      `SELECT number FROM runs WHERE due_at <= ? AND due_at IS NOT NULL AND owner IS NULL
        ORDER BY due_at LIMIT ?`,
    );
    if (due.get(now, 1) === undefined) return [];
    return this.database.transaction(() =>
      due.all(now, limit).map((row) => {
        const claimed = this.sql(
          `UPDATE runs SET owner = ?, fence = fence + 1, claims = claims + 1 WHERE number = ?
            RETURNING run_id, fence, claims`,
        ).get(session, Number(row["number"]))!;
        const { run_id, fence, claims } = claimed;
        return { runId: text(run_id), fence: Number(fence), claims: Number(claims) };
      }),
    );
  }

  async release(runId: string, fence: number, dueAt?: number | null): Promise<void> {
    this.database.transaction(() => {
      const isGiven = dueAt !== undefined ? 1 : 0;
      const now = this.database.now();
      this.sql(
        `UPDATE runs SET owner = NULL, due_at = CASE
            WHEN EXISTS (SELECT 1 FROM inbox WHERE inbox.run = runs.number) THEN ?1
            WHEN ?2 THEN ?3 ELSE due_at END
          WHERE run_id = ?4 AND fence = ?5 AND owner IS NOT NULL`,
      ).run(now, isGiven, dueAt ?? null, runId, fence);
    });
    this.news.ring();
  }

  async nextDue(): Promise<number | null> {
    const row = this.sql(
      "SELECT min(due_at) AS next FROM runs WHERE due_at IS NOT NULL AND owner IS NULL",
    ).get();
    return row?.["next"] === null || row === undefined ? null : Number(row["next"]);
  }

  listen(listener: () => void): () => void {
    return this.news.listen(listener);
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}
