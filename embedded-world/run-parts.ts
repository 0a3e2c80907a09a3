/** What belongs to a run in other tables, as parts of transactions. */
import type { RunEvent } from "../lib/contract/event";
import type { RunRecord } from "../lib/contract/run";
import type { HookRecord } from "../lib/contract/world";
import type { Database } from "./database";
import { eventsText } from "./run-rows";

export function insertEvents(
  database: Database,
  run: number,
  first: number,
  stamp: number,
  events: readonly RunEvent[],
): void {
  database.sql("INSERT INTO log VALUES (?, ?, ?, ?)").run(run, first, stamp, eventsText(events));
}

/**
 * The hook has its token from now on. It may have been there before and gone, if what made it then was
 * undone by a retry.
 */
export function confirmHook(database: Database, run: number, hook: HookRecord): void {
  const { token, call, createdAt, description } = hook;
  database.sql("DELETE FROM disposed_hooks WHERE run = ? AND call = ?").run(run, call);
  database
    .sql(
      `INSERT INTO hooks (token, run, call, created_at, description, is_confirmed)
        VALUES (?1, ?2, ?3, ?4, ?5, 1) ON CONFLICT (token) DO UPDATE SET
        run = ?2, call = ?3, created_at = ?4, description = ?5, is_confirmed = 1`,
    )
    .run(token, run, call, createdAt, description);
}

export function insertFollowUps(
  database: Database,
  runId: string,
  followUps: readonly string[],
): void {
  for (const body of followUps) {
    database
      .sql("INSERT INTO follow_ups (run_id, body, taken_at) VALUES (?, ?, 0)")
      .run(runId, body);
  }
}

/**
 * The run is over: what only a live run has goes, and what was to happen then has to. One that failed
 * may be reopened, and then knows what it had been told. True if there is anything to do then.
 */
export function clearRun(
  database: Database,
  runId: string,
  run: number,
  { isFailed = false } = {},
): boolean {
  const moved = database
    .sql(
      "INSERT INTO follow_ups (run_id, body, taken_at) SELECT ?, body, 0 FROM at_end WHERE run = ?",
    )
    .run(runId, run);
  const hasFollowUps = Number(moved.changes) > 0;
  if (hasFollowUps) database.sql("DELETE FROM at_end WHERE run = ?").run(run);
  const tables = ["hooks", ...(isFailed ? [] : WHAT_IT_WAS_TOLD)];
  for (const table of tables) database.sql(`DELETE FROM ${table} WHERE run = ?`).run(run);
  changeStreams(database, run, STREAM.open, STREAM.closedByEnd);
  return hasFollowUps;
}

const WHAT_IT_WAS_TOLD = ["inbox", "message_ids", "disposed_hooks"];

/** What stands in `is_closed`. */
export const STREAM = { open: 0, closed: 1, closedByEnd: 2 } as const;

export function changeStreams(database: Database, run: number, from: number, to: number): void {
  const update =
    "UPDATE streams SET is_closed = ? WHERE run = ? AND is_closed = ? AND outlives = 0";
  database.sql(update).run(to, run, from);
}

/** With all that belongs to it. */
export function insertTags(database: Database, run: number, tags: RunRecord["tags"] = {}): void {
  for (const [name, value] of Object.entries(tags)) {
    database.sql("INSERT INTO run_tags VALUES (?, ?, ?)").run(name, value, run);
  }
}

export function removeRun(database: Database, run: number): void {
  const chunks = "DELETE FROM chunks WHERE stream IN (SELECT number FROM streams WHERE run = ?)";
  database.sql(chunks).run(run);
  // A retry that was refused may have left tokens reserved.
  for (const table of ["streams", "log", "hooks", "run_tags", ...WHAT_IT_WAS_TOLD]) {
    database.sql(`DELETE FROM ${table} WHERE run = ?`).run(run);
  }
  database.sql("DELETE FROM runs WHERE number = ?").run(run);
}
