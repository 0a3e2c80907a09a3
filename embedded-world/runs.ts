/**
 * Runs and their logs.
 *
 * - W1 Each method that writes is one transaction.
 * - E0 An append names the fence of its claim, and the position it expects.
 */
import { WorldError } from "../lib/contract/error";
import type { Page, RunQuery, RunRecord } from "../lib/contract/run";
import { newRunId } from "../lib/contract/run-id";
import type {
  Append,
  AppendOutcome,
  CancelOutcome,
  LogEntry,
  NewRun,
  ReopenOutcome,
  Reopening,
  RetentionPolicy,
  RunCreation,
  Runs,
} from "../lib/contract/world";
import type { Claims } from "./claims";
import type { Database } from "./database";
import { FOLLOW_UPS, type News, WORK } from "./news";
import { readPage } from "./pages";
import { RunEndings } from "./run-endings";
import { listingOf } from "./run-listing";
import { clearRun, confirmHook, insertEvents, insertFollowUps, insertTags } from "./run-parts";
import {
  changedColumns,
  endsRun,
  eventsOf,
  INSERT_RUN,
  insertParameters,
  recordOf,
  text,
} from "./run-rows";
import type { Parameter, Row } from "./sqlite";

export class EmbeddedRuns implements Runs {
  private readonly endings: RunEndings;

  constructor(
    private readonly database: Database,
    private readonly news: News,
    private readonly claims: Claims,
  ) {
    this.endings = new RunEndings(database);
  }

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
      insertEvents(this.database, Number(lastInsertRowid), 1, 1, [{ ...run.event, at: now }]);
      insertTags(this.database, Number(lastInsertRowid), run.record.tags);
      if ((run.dueAt ?? now) <= now) this.claims.takeNow(Number(lastInsertRowid), []);
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
        insertEvents(this.database, run, append.position, stamp, append.events);
      }
      if (hasMore(append)) this.store(run, append);
      return { status: "done", stamp };
    });
    this.news.ring(append.runId);
    if (append.change && endsRun(append.change)) this.news.ring(endOf(append.runId));
    return outcome;
  }

  async cancel(runId: string, followUps: readonly string[] = []): Promise<CancelOutcome> {
    const outcome = this.endings.cancel(runId, followUps);
    if (outcome.status !== "cancelled") return outcome;
    this.claims.forget(runId);
    this.news.ring(WORK, runId);
    for (const topic of [runId, endOf(runId), FOLLOW_UPS]) this.news.ring(topic);
    return outcome;
  }

  async reopen(reopening: Reopening): Promise<ReopenOutcome> {
    const outcome = this.endings.reopen(reopening);
    if (outcome.status !== "reopened") return outcome;
    this.news.ring(WORK, reopening.runId);
    this.news.ring(reopening.runId);
    return outcome;
  }

  async get(runId: string): Promise<RunRecord | null> {
    const row = this.find(runId);
    return row ? recordOf(row) : null;
  }

  async list(query: RunQuery): Promise<Page<RunRecord>> {
    return readPage(this.database, listingOf(query), query, recordOf);
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
    return this.endings.purge(runId);
  }

  async expire(policy: RetentionPolicy, limit: number): Promise<number> {
    return this.endings.expire(policy, limit);
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
    const assignments = columns.map(assignment).join("");
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
    for (const hook of hooks) confirmHook(this.database, run, hook);
    for (const call of disposed) {
      this.sql("DELETE FROM hooks WHERE run = ? AND call = ?").run(run, call);
      this.sql("INSERT OR IGNORE INTO disposed_hooks VALUES (?, ?)").run(run, call);
    }
    insertFollowUps(this.database, runId, followUps);
    if (followUps.length > 0) this.news.ring(FOLLOW_UPS);
    if (endsRun(change)) this.finish(runId, run, change.status === "failed");
    else if (releases) this.dueIfNews(run);
  }

  private finish(runId: string, run: number, isFailed: boolean): void {
    if (clearRun(this.database, runId, run, { isFailed })) this.news.ring(FOLLOW_UPS);
  }

  /** Messages that came while the owner was giving the run up are for the next one. */
  private dueIfNews(run: number): void {
    const now = this.database.now();
    const update = `UPDATE runs SET due_at = min(coalesce(due_at, ?1), ?1)
      WHERE number = ?2 AND messages > seen RETURNING run_id`;
    const row = this.sql(update).get(now, run);
    if (row) this.news.ring(WORK, text(row["run_id"]));
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

/** What was seen once stays seen, by whichever owner. */
function assignment([column]: [column: string, value: Parameter]): string {
  return column === "seen" ? ", seen = max(seen, ?)" : `, ${column} = ?`;
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
