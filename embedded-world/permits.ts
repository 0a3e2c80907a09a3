/**
 * Permits of workflows, which runs have until they are over, and the lines in which others stand for
 * them. One process executes, so its own count of steps is that of all.
 *
 * - A run that stood in line and was given its permit was called, and is called again until it enters:
 *   whoever was to tell it may have ended before.
 * - What is free belongs to the first in line, so whoever comes while others stand there has to wait.
 */
import type { Called, Permits, RunInLine, Standing } from "../lib/contract/permits";
import type { Database } from "./database";
import { text } from "./run-rows";

/** What stands in `state`. The last two have a permit. */
const STATE = { inLine: 0, called: 1, inside: 2 } as const;

/** Called at the same time: the others are when these have entered. */
const MOST_CALLED = 500;

export class EmbeddedPermits implements Permits {
  constructor(private readonly database: Database) {}

  async enter(name: string, limit: number, { runId, position }: RunInLine): Promise<boolean> {
    return this.database.transaction(() => {
      this.setLimit(name, limit);
      const state = this.stateOf(name, runId);
      if (state === STATE.inLine) return false;
      const isIn = state !== undefined || this.hasRoom(name);
      const insert = `INSERT INTO permits VALUES (?1, ?2, ?3,
          (SELECT coalesce(max(number), 0) + 1 FROM permits WHERE name = ?1), ?4)
        ON CONFLICT (name, run_id) DO UPDATE SET position = max(position, ?3), state = ?4`;
      this.sql(insert).run(name, runId, position, isIn ? STATE.inside : STATE.inLine);
      return isIn;
    });
  }

  async leave(name: string, { runId, position }: RunInLine): Promise<Called[]> {
    return this.database.transaction(() => {
      // A run that was retried meanwhile has entered again, and stays.
      const remove = "DELETE FROM permits WHERE name = ? AND run_id = ? AND position <= ?";
      this.sql(remove).run(name, runId, position);
      return this.callNext(name);
    });
  }

  async admit(name: string, limit?: number): Promise<Called[]> {
    return this.database.transaction(() => {
      if (limit !== undefined) this.setLimit(name, limit);
      return this.callNext(name);
    });
  }

  async lines(): Promise<string[]> {
    const select = `SELECT name FROM permit_limits WHERE EXISTS (
      SELECT 1 FROM permits WHERE permits.name = permit_limits.name AND state < ?)`;
    return this.sql(select)
      .all(STATE.inside)
      .map((row) => text(row["name"]));
  }

  async holders(name: string, most: number): Promise<string[]> {
    const select =
      "SELECT run_id FROM permits WHERE name = ? AND state > ? ORDER BY random() LIMIT ?";
    return this.sql(select)
      .all(name, STATE.inLine, most)
      .map((row) => text(row["run_id"]));
  }

  async standing(name: string, runId: string): Promise<Standing | null> {
    const select = `SELECT most, (SELECT count(*) FROM permits AS other
        WHERE other.name = ?1 AND other.state = ?3 AND other.number < own.number) AS ahead
      FROM permits AS own JOIN permit_limits USING (name)
      WHERE own.name = ?1 AND own.run_id = ?2 AND own.state = ?3`;
    const row = this.sql(select).get(name, runId, STATE.inLine);
    return row ? { limit: Number(row["most"]), ahead: Number(row["ahead"]) } : null;
  }

  private callNext(name: string): Called[] {
    const waiting = MOST_CALLED - this.count(name, STATE.called);
    const free = Math.min(this.roomOf(name), waiting);
    if (free > 0) {
      this.sql(
        `UPDATE permits SET state = ?1 WHERE name = ?2 AND run_id IN (SELECT run_id FROM permits
          WHERE name = ?2 AND state = ?3 ORDER BY number LIMIT ?4)`,
      ).run(STATE.called, name, STATE.inLine, free);
    }
    const called =
      "SELECT run_id, number FROM permits WHERE name = ? AND state = ? ORDER BY number";
    const rows = this.sql(called).all(name, STATE.called);
    if (rows.length === 0) this.forget(name);
    return rows.map((row) => ({ runId: text(row["run_id"]), number: Number(row["number"]) }));
  }

  private hasRoom(name: string): boolean {
    return this.count(name, STATE.inLine) === 0 && this.roomOf(name) > 0;
  }

  private roomOf(name: string): number {
    const row = this.sql("SELECT most FROM permit_limits WHERE name = ?").get(name);
    const taken = this.count(name, STATE.called) + this.count(name, STATE.inside);
    return Number(row?.["most"] ?? 0) - taken;
  }

  private count(name: string, state: number): number {
    const select = "SELECT count(*) AS count FROM permits WHERE name = ? AND state = ?";
    return Number(this.sql(select).get(name, state)!["count"]);
  }

  private stateOf(name: string, runId: string): number | undefined {
    const select = "SELECT state FROM permits WHERE name = ? AND run_id = ?";
    const row = this.sql(select).get(name, runId);
    return row && Number(row["state"]);
  }

  /** What has no limit is more than there will ever be. */
  private setLimit(name: string, limit: number): void {
    const insert = "INSERT OR REPLACE INTO permit_limits VALUES (?, ?)";
    this.sql(insert).run(name, Math.min(limit, Number.MAX_SAFE_INTEGER));
  }

  private forget(name: string): void {
    const remove = `DELETE FROM permit_limits WHERE name = ?1
      AND NOT EXISTS (SELECT 1 FROM permits WHERE name = ?1)`;
    this.sql(remove).run(name);
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}
