/** How runs end other than by their own append, how they begin again, and how they go. */
import { EntityConflictError, WorldError } from "../lib/contract/error";
import type { RunEvent } from "../lib/contract/event";
import { type RunStatus, TERMINAL } from "../lib/contract/run";
import type {
  CancelOutcome,
  HookRecord,
  ReopenOutcome,
  Reopening,
  RetentionPolicy,
} from "../lib/contract/world";
import type { Database } from "./database";
import {
  changeStreams,
  clearRun,
  confirmHook,
  insertEvents,
  insertFollowUps,
  removeRun,
  STREAM,
} from "./run-parts";
import { text } from "./run-rows";
import type { Row } from "./sqlite";

export class RunEndings {
  constructor(private readonly database: Database) {}

  cancel(runId: string, followUps: readonly string[]): CancelOutcome {
    return this.database.transaction((): CancelOutcome => {
      const row = this.find(runId);
      if (!row) return { status: "not_found" };
      const status = row["status"] as RunStatus;
      if (TERMINAL.has(status)) return { status: "over", as: status };
      const run = Number(row["number"]);
      const at = this.database.now();
      this.addEvent(row, { type: "run_cancelled", at });
      this.sql(
        `UPDATE runs SET status = 'cancelled', ended_at = ?, fence = fence + 1, due_at = NULL,
          parked = NULL WHERE number = ?`,
      ).run(at, run);
      insertFollowUps(this.database, runId, followUps);
      clearRun(this.database, runId, run);
      return { status: "cancelled" };
    });
  }

  reopen({ runId, id, position, event, hooks }: Reopening): ReopenOutcome {
    return this.database.transaction((): ReopenOutcome => {
      const row = this.find(runId);
      if (!row) return { status: "not_found" };
      // What it was told the first time (W8).
      if (row["last_append"] === id) return { status: "reopened" };
      if (row["status"] !== "failed")
        return { status: "not_failed", as: row["status"] as RunStatus };
      if (Number(row["position"]) !== position - 1) return { status: "moved" };
      const holder = this.sql("SELECT run_id FROM runs WHERE key = ? AND ended_at IS NULL").get(
        row["key"] ?? null,
      );
      if (holder) return { status: "key_taken", runId: text(holder["run_id"]) };
      const run = Number(row["number"]);
      const at = this.database.now();
      this.addEvent(row, { ...event, at });
      this.sql(
        `UPDATE runs SET status = iif(started_at IS NULL, 'pending', 'running'), ended_at = NULL,
          failure = NULL, due_at = ?, fence = fence + 1, claims = 0, last_append = ?,
          last_stamp = stamp, bundle = coalesce(?, bundle) WHERE number = ?`,
      ).run(at, id, event.bundle ?? null, run);
      for (const hook of hooks) {
        this.checkToken(hook);
        confirmHook(this.database, run, hook);
      }
      changeStreams(this.database, run, STREAM.closedByEnd, STREAM.open);
      return { status: "reopened" };
    });
  }

  purge(runId: string): boolean {
    return this.database.transaction(() => {
      const row = this.find(runId);
      if (!row) return false;
      if (!TERMINAL.has(row["status"] as RunStatus)) {
        throw new WorldError("RUN_NOT_OVER", `Run "${runId}" is ${text(row["status"])}`);
      }
      removeRun(this.database, Number(row["number"]));
      return true;
    });
  }

  expire({ finishedMs, failedMs, maxBytes = Infinity }: RetentionPolicy, limit: number): number {
    return this.database.transaction(() => {
      const now = this.database.now();
      // Pages that were freed are used again, so what is too much shrinks with each call.
      const isTooLarge = this.database.usedBytes() > maxBytes ? 1 : 0;
      const rows = this.sql(
        `SELECT number FROM runs WHERE ended_at IS NOT NULL
          AND (?1 OR ended_at < CASE status WHEN 'failed' THEN ?2 ELSE ?3 END)
          ORDER BY ended_at LIMIT ?4`,
      ).all(isTooLarge, now - failedMs, now - finishedMs, limit);
      for (const row of rows) removeRun(this.database, Number(row["number"]));
      if (rows.length > 0) {
        this.sql(
          `DELETE FROM bundles WHERE touched_at < ?
            AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.bundle = bundles.hash)`,
        ).run(now - finishedMs);
      }
      return rows.length;
    });
  }

  /** It was reserved before, which holds for a while. */
  private checkToken({ token, runId }: HookRecord): void {
    const holder = this.sql(
      "SELECT run_id FROM hooks JOIN runs ON runs.number = hooks.run WHERE token = ?",
    ).get(token);
    if (!holder || holder["run_id"] === runId) return;
    const message = `A hook token of run "${runId}" belongs to the run "${text(holder["run_id"])}" now`;
    throw new EntityConflictError("HOOK_CONFLICT", message);
  }

  private addEvent(row: Row, event: RunEvent): void {
    const [run, position, stamp] = [row["number"], row["position"], row["stamp"]].map(Number);
    insertEvents(this.database, run!, position! + 1, stamp! + 1, [event]);
    this.sql("UPDATE runs SET position = position + 1, stamp = stamp + 1 WHERE number = ?").run(
      run!,
    );
  }

  private find(runId: string): Row | undefined {
    return this.sql("SELECT * FROM runs WHERE run_id = ?").get(runId);
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}
