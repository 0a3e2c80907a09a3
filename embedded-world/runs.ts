/**
 * Runs and their logs.
 *
 * - W1 Each method that writes is one transaction.
 * - E0 An append names the fence of its claim, and the position it expects.
 */
import type { RunEvent } from "../lib/contract/event";
import { newRunId } from "../lib/contract/run-id";
import { WorldError } from "../lib/contract/error";
import {
  type Page,
  type RunQuery,
  type RunRecord,
  type RunStatus,
  TERMINAL,
} from "../lib/contract/run";
import type {
  Append,
  AppendOutcome,
  CancelOutcome,
  LogEntry,
  NewRun,
  RetentionPolicy,
  RunCreation,
  Runs,
} from "../lib/contract/world";
import type { Database } from "./database";
import { type News, WORK } from "./news";
import { readPage } from "./pages";
import {
  changedColumns,
  endsRun,
  eventsOf,
  eventsText,
  INSERT_RUN,
  insertParameters,
  recordOf,
  text,
} from "./run-rows";
import type { Parameter, Row } from "./sqlite";

export class EmbeddedRuns implements Runs {
  constructor(
    private readonly database: Database,
    private readonly news: News,
  ) {}

  newId(): string {
    return newRunId();
  }

  async create(run: NewRun): Promise<RunCreation> {
    const { runId, key, bundle } = run.record;
    const outcome = await this.database.write((): RunCreation => {
      if (this.numberOf(runId) !== null) return { status: "exists" };
      const holder = key === undefined ? undefined : this.holderOf(key);
      if (holder) return { status: "key_taken", runId: text(holder["run_id"]) };
      this.checkBundle(bundle);
      const now = this.database.now();
      const { lastInsertRowid } = this.sql(INSERT_RUN).run(...insertParameters(run, now));
      this.insertEvents(Number(lastInsertRowid), 1, 1, [{ ...run.event, at: now }]);
      return { status: "created" };
    });
    if (outcome.status === "created") this.news.ring(WORK, runId);
    return outcome;
  }

  async append(append: Append): Promise<AppendOutcome> {
    const outcome = await this.database.write((): AppendOutcome => {
      const row = this.update(append);
      if (!row) return this.repeated(append);
      const run = Number(row["number"]);
      const stamp = Number(row["stamp"]) - append.events.length + 1;
      if (append.events.length > 0) {
        this.insertEvents(run, append.position, stamp, append.events);
      }
      if (hasMore(append)) this.store(run, append);
      return { status: "done", stamp };
    });
    this.news.ring(append.runId);
    if (append.change && endsRun(append.change)) this.news.ring(endOf(append.runId));
    return outcome;
  }

  async cancel(runId: string): Promise<CancelOutcome> {
    const outcome = this.database.transaction((): CancelOutcome => {
      const row = this.find(runId);
      if (!row) return { status: "not_found" };
      const status = row["status"] as RunStatus;
      if (TERMINAL.has(status)) return { status: "over", as: status };
      const [run, position, stamp] = [row["number"], row["position"], row["stamp"]].map(Number);
      const at = this.database.now();
      this.insertEvents(run!, position! + 1, stamp! + 1, [{ type: "run_cancelled", at }]);
      this.sql(
        `UPDATE runs SET status = 'cancelled', ended_at = ?, position = position + 1,
          stamp = stamp + 1, fence = fence + 1, due_at = NULL, parked = NULL
          WHERE number = ?`,
      ).run(at, run!);
      this.clear(run!);
      return { status: "cancelled" };
    });
    if (outcome.status === "cancelled") {
      this.news.ring(WORK, runId);
      this.news.ring(runId);
      this.news.ring(endOf(runId));
    }
    return outcome;
  }

  async get(runId: string): Promise<RunRecord | null> {
    const row = this.find(runId);
    return row ? recordOf(row) : null;
  }

  async list({ workflow, status, key, parkedFor, ...page }: RunQuery): Promise<Page<RunRecord>> {
    const where: [string, Parameter][] = [];
    if (workflow !== undefined) where.push(["workflow = ?", workflow]);
    if (status !== undefined) where.push(["status = ?", status]);
    if (key !== undefined) where.push(["key = ?", key]);
    if (parkedFor !== undefined) {
      where.push(["parked IS NOT NULL AND json_extract(parked, '$.code') = ?", parkedFor]);
    }
    return readPage(this.database, { select: "* FROM runs", table: "runs", where }, page, recordOf);
  }

  async read(runId: string, from: number, limit: number): Promise<LogEntry[]> {
    const run = this.numberOf(runId);
    if (run === null) return [];
    // The append that holds the first wanted position begins at or before it.
    const rows = this.sql(
      `SELECT first, stamp, events FROM log WHERE run = ?1 AND first >= coalesce(
        (SELECT max(first) FROM log WHERE run = ?1 AND first <= ?2), 0) ORDER BY first LIMIT ?3`,
    ).all(run, from, limit);
    const entries = rows.flatMap(entriesOf);
    return entries.filter(({ position }) => position >= from).slice(0, limit);
  }

  async purge(runId: string): Promise<boolean> {
    return this.database.transaction(() => {
      const row = this.find(runId);
      if (!row) return false;
      if (!TERMINAL.has(row["status"] as RunStatus)) {
        throw new WorldError("RUN_NOT_OVER", `Run "${runId}" is ${text(row["status"])}`);
      }
      this.remove(Number(row["number"]));
      return true;
    });
  }

  async expire(policy: RetentionPolicy, limit: number): Promise<number> {
    const { finishedMs, failedMs, maxBytes = Infinity } = policy;
    return this.database.transaction(() => {
      const now = this.database.now();
      // Pages that were freed are used again, so what is too much shrinks with each call.
      const isTooLarge = this.database.usedBytes() > maxBytes ? 1 : 0;
      const rows = this.sql(
        `SELECT number FROM runs WHERE ended_at IS NOT NULL
          AND (?1 OR ended_at < CASE status WHEN 'failed' THEN ?2 ELSE ?3 END)
          ORDER BY ended_at LIMIT ?4`,
      ).all(isTooLarge, now - failedMs, now - finishedMs, limit);
      for (const row of rows) this.remove(Number(row["number"]));
      if (rows.length > 0) {
        this.sql(
          `DELETE FROM bundles WHERE touched_at < ?
            AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.bundle = bundles.hash)`,
        ).run(now - finishedMs);
      }
      return rows.length;
    });
  }

  /** The row after the update; undefined if the append is not the next one of its owner. */
  private update(append: Append): Row | undefined {
    const { runId, appendId, fence, position, events, change = {}, releases, seen } = append;
    const columns = append.change ? changedColumns(change) : [];
    if (seen !== undefined) columns.push(["seen", seen]);
    if (endsRun(change)) columns.push(["due_at", null], ["owner", null], ["parked", null]);
    else if (append.dueAt !== undefined) columns.push(["due_at", append.dueAt]);
    if (releases && !endsRun(change)) columns.push(["owner", null]);
    const count = events.length;
    if (columns.length === 0) {
      const statement = this.sql(UPDATE_LOG);
      return statement.get(count, count, appendId, runId, fence, position - 1, appendId);
    }
    const own = [runId, fence, position - 1, appendId];
    const assignments = columns.map(([column]) => `, ${column} = ?`).join("");
    const values = columns.map(([, value]) => value);
    return this.sql(updateText(assignments)).get(count, count, appendId, ...values, ...own);
  }

  /** What an append was told the first time, if this is its repetition (W8). */
  private repeated({ runId, appendId }: Append): AppendOutcome {
    const row = this.find(runId);
    if (row?.["last_append"] !== appendId) return { status: "fenced" };
    return { status: "done", stamp: Number(row["last_stamp"]) };
  }

  private store(run: number, append: Append): void {
    const {
      runId,
      taken = [],
      hooks = [],
      disposed = [],
      followUps = [],
      change = {},
      releases,
    } = append;
    for (const number of taken) {
      this.sql("DELETE FROM inbox WHERE run = ? AND number = ?").run(run, number);
    }
    for (const { token, call, createdAt, description } of hooks) {
      this.sql(
        `INSERT INTO hooks (token, run, call, created_at, description, is_confirmed)
          VALUES (?1, ?2, ?3, ?4, ?5, 1) ON CONFLICT (token) DO UPDATE SET
          run = ?2, call = ?3, created_at = ?4, description = ?5, is_confirmed = 1`,
      ).run(token, run, call, createdAt, description);
    }
    for (const call of disposed) {
      this.sql("DELETE FROM hooks WHERE run = ? AND call = ?").run(run, call);
      this.sql("INSERT OR IGNORE INTO disposed_hooks VALUES (?, ?)").run(run, call);
    }
    for (const body of followUps) {
      this.sql("INSERT INTO follow_ups (run_id, body, taken_at) VALUES (?, ?, 0)").run(runId, body);
    }
    if (endsRun(change)) this.clear(run);
    else if (releases) this.dueIfNews(run);
  }

  /** Messages that came while the owner was giving the run up are for the next one. */
  private dueIfNews(run: number): void {
    const now = this.database.now();
    this.sql(
      `UPDATE runs SET due_at = min(coalesce(due_at, ?1), ?1) WHERE number = ?2 AND messages > seen`,
    ).run(now, run);
  }

  private insertEvents(
    run: number,
    first: number,
    stamp: number,
    events: readonly RunEvent[],
  ): void {
    this.sql("INSERT INTO log VALUES (?, ?, ?, ?)").run(run, first, stamp, eventsText(events));
  }

  /** What only a live run has. */
  private clear(run: number): void {
    for (const table of ["inbox", "message_ids", "hooks", "disposed_hooks"]) {
      this.sql(`DELETE FROM ${table} WHERE run = ?`).run(run);
    }
    this.sql("UPDATE streams SET is_closed = 1 WHERE run = ?").run(run);
  }

  private remove(run: number): void {
    this.clear(run);
    this.sql("DELETE FROM chunks WHERE stream IN (SELECT number FROM streams WHERE run = ?)").run(
      run,
    );
    this.sql("DELETE FROM streams WHERE run = ?").run(run);
    this.sql("DELETE FROM log WHERE run = ?").run(run);
    this.sql("DELETE FROM runs WHERE number = ?").run(run);
  }

  listen(runId: string, listener: () => void): () => void {
    return this.news.listen(runId, listener);
  }

  listenForEnd(runId: string, listener: () => void): () => void {
    return this.news.listen(endOf(runId), listener);
  }

  private numberOf(runId: string): number | null {
    const row = this.sql("SELECT number FROM runs WHERE run_id = ?").get(runId);
    return row ? Number(row["number"]) : null;
  }

  private find(runId: string): Row | undefined {
    return this.sql("SELECT * FROM runs WHERE run_id = ?").get(runId);
  }

  private holderOf(key: string): Row | undefined {
    return this.sql("SELECT run_id FROM runs WHERE key = ? AND ended_at IS NULL").get(key);
  }

  private checkBundle(hash: string): void {
    if (this.sql("SELECT 1 FROM bundles WHERE hash = ?").get(hash)) return;
    throw new WorldError("BUNDLE_UNKNOWN", `There is no bundle ${hash} for the run`);
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}

/** Whether an append is about more than the log. Most are not: a step was done, and the next begins. */
function hasMore({ change, taken, hooks, disposed, followUps, releases }: Append): boolean {
  return Boolean(change || taken || hooks || disposed || followUps || releases);
}

/** The update of an append; `assignments` is what it changes beside the log. */
function updateText(assignments: string): string {
  return `UPDATE runs SET position = position + ?, stamp = stamp + ?, last_append = ?,
    last_stamp = stamp + 1, claims = 0${assignments}
    WHERE run_id = ? AND fence = ? AND position = ? AND ended_at IS NULL AND owner IS NOT NULL
      AND last_append IS NOT ?
    RETURNING number, stamp`;
}

const UPDATE_LOG = updateText("");

/** The topic of who waits for the end of a run. */
function endOf(runId: string): string {
  return `end of ${runId}`;
}

function entriesOf(row: Row): LogEntry[] {
  const [first, stamp] = [Number(row["first"]), Number(row["stamp"])];
  return eventsOf(row).map((event, index) => ({
    position: first + index,
    stamp: stamp + index,
    event,
  }));
}
