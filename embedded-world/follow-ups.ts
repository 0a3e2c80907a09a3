/** What has to happen after an append, at least once. */
import {
  type AtEndOutcome,
  FOLLOW_UP_TAKEN_MS,
  type FollowUp,
  type FollowUps,
} from "../lib/contract/follow-ups";
import type { Database } from "./database";
import { FOLLOW_UPS, type News } from "./news";
import { text } from "./run-rows";

export class EmbeddedFollowUps implements FollowUps {
  constructor(
    private readonly database: Database,
    private readonly news: News,
  ) {}

  async take(limit: number): Promise<FollowUp[]> {
    return this.database.transaction(() => {
      const now = this.database.now();
      const rows = this.database
        .sql(
          `UPDATE follow_ups SET taken_at = ?1 WHERE number IN (
            SELECT number FROM follow_ups WHERE taken_at < ?2 ORDER BY number LIMIT ?3)
            RETURNING number, run_id, body`,
        )
        .all(now, now - FOLLOW_UP_TAKEN_MS, limit);
      const taken = rows.map((row) => ({
        id: `${text(row["number"])}.${now}`,
        runId: text(row["run_id"]),
        body: text(row["body"]),
      }));
      return taken.sort((one, other) => numberOf(one.id) - numberOf(other.id));
    });
  }

  /** The last number is given again when its row is gone, and a repetition is about the first (W8). */
  async done(id: string): Promise<void> {
    const [number, takenAt] = id.split(".").map(Number);
    const remove = "DELETE FROM follow_ups WHERE number = ? AND taken_at = ?";
    this.database.sql(remove).run(number!, takenAt!);
  }

  async atEnd(runId: string, id: string, body: string): Promise<AtEndOutcome> {
    return this.database.transaction((): AtEndOutcome => {
      const run = this.database
        .sql("SELECT number, ended_at FROM runs WHERE run_id = ?")
        .get(runId);
      if (!run) return { status: "not_found" };
      if (run["ended_at"] !== null) return { status: "over" };
      const insert = "INSERT OR IGNORE INTO at_end VALUES (?, ?, ?)";
      this.database.sql(insert).run(Number(run["number"]), id, body);
      return { status: "kept" };
    });
  }

  listen(listener: () => void): () => void {
    return this.news.listen(FOLLOW_UPS, () => listener());
  }
}

/** Its id says when it was taken as well. */
function numberOf(id: string): number {
  return Number.parseInt(id, 10);
}
