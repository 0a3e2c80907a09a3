/** Messages for runs, from whoever has something to say: durable, ordered, once for each id (E0). */
import { type RunStatus, TERMINAL } from "../lib/contract/run";
import type { Inbox, Message, NewMessage, SendOutcome } from "../lib/contract/world";
import type { Claims } from "./claims";
import type { Database } from "./database";
import { type News, WORK } from "./news";
import { text } from "./run-rows";

/** Messages that a run has not taken: more than that are a run that does not move. */
const MOST_MESSAGES = 10_000;

export class EmbeddedInbox implements Inbox {
  constructor(
    private readonly database: Database,
    private readonly news: News,
    private readonly claims: Claims,
  ) {}

  async send(runId: string, { id, call, body }: NewMessage): Promise<SendOutcome> {
    const outcome = this.database.transaction((): SendOutcome => {
      const row = this.sql("SELECT number, status, messages, owner FROM runs WHERE run_id = ?").get(
        runId,
      );
      if (!row) return { status: "not_found" };
      if (TERMINAL.has(row["status"] as RunStatus)) return { status: "over" };
      const run = Number(row["number"]);
      if (id !== undefined && this.isKnown(run, id)) return { status: "duplicate" };
      if (call !== undefined && this.isGone(run, call)) return { status: "gone" };
      const waiting = this.count(run);
      if (waiting >= MOST_MESSAGES) return { status: "full" };
      if (id !== undefined) this.sql("INSERT INTO message_ids VALUES (?, ?)").run(run, id);
      const number = Number(row["messages"]) + 1;
      this.sql("INSERT INTO inbox VALUES (?, ?, ?)").run(run, number, body);
      const now = this.database.now();
      this.sql(
        `UPDATE runs SET messages = ?1,
          due_at = CASE WHEN owner IS NULL THEN min(coalesce(due_at, ?2), ?2) ELSE due_at END
          WHERE number = ?3`,
      ).run(number, now, run);
      if (row["owner"] !== null) this.claims.noteNews(runId);
      else if (waiting === 0) this.claims.takeNow(run, [{ number, body }]);
      return { status: "stored" };
    });
    if (outcome.status === "stored") this.news.ring(WORK, runId);
    return outcome;
  }

  async read(runId: string, limit: number): Promise<Message[]> {
    const rows = this.sql(
      `SELECT inbox.number, inbox.body FROM inbox JOIN runs ON runs.number = inbox.run
        WHERE runs.run_id = ? ORDER BY inbox.number LIMIT ?`,
    ).all(runId, limit);
    return rows.map((row) => ({ number: Number(row["number"]), body: text(row["body"]) }));
  }

  private isKnown(run: number, id: string): boolean {
    return (
      this.sql("SELECT 1 FROM message_ids WHERE run = ? AND id = ?").get(run, id) !== undefined
    );
  }

  private isGone(run: number, call: string): boolean {
    const row = this.sql("SELECT 1 FROM disposed_hooks WHERE run = ? AND call = ?").get(run, call);
    return row !== undefined;
  }

  private count(run: number): number {
    return Number(this.sql("SELECT count(*) AS count FROM inbox WHERE run = ?").get(run)!["count"]);
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}
