/** Hooks by token (W4). */
import type { Page, PageQuery } from "../lib/contract/run";
import type { HookRecord, Hooks, ReserveOutcome } from "../lib/contract/world";
import type { Database } from "./database";
import { readPage } from "./pages";
import { text } from "./run-rows";
import type { Parameter, Row } from "./sqlite";

/** A reservation that no append has confirmed by then may be taken over. */
const RESERVED_MS = 60_000;

const SELECT =
  "hooks.number, token, call, hooks.created_at, description, run_id FROM hooks JOIN runs ON runs.number = hooks.run";

export class EmbeddedHooks implements Hooks {
  constructor(private readonly database: Database) {}

  async reserve(token: string, runId: string, call: string): Promise<ReserveOutcome> {
    return this.database.transaction((): ReserveOutcome => {
      const now = this.database.now();
      const held = this.sql(`SELECT is_confirmed, owner, ${SELECT} WHERE token = ?`).get(token);
      const isOwn = held?.["run_id"] === runId;
      const isStale = (row: Row) =>
        !row["is_confirmed"] &&
        row["owner"] === null &&
        now - Number(row["created_at"]) > RESERVED_MS;
      const isFree = !held || isStale(held);
      if (!isOwn && !isFree) return { status: "taken", runId: text(held["run_id"]) };
      if (isOwn) return { status: "reserved" };
      this.sql(
        `INSERT OR REPLACE INTO hooks (token, run, call, created_at, is_confirmed)
          SELECT ?, number, ?, ?, 0 FROM runs WHERE run_id = ?`,
      ).run(token, call, now, runId);
      return { status: "reserved" };
    });
  }

  async find(token: string): Promise<HookRecord | null> {
    const row = this.sql(`SELECT ${SELECT} WHERE token = ? AND is_confirmed = 1`).get(token);
    return row ? hookOf(row) : null;
  }

  async list({ runId, ...page }: PageQuery & { runId?: string }): Promise<Page<HookRecord>> {
    const where: [string, Parameter][] = [["is_confirmed = ?", 1]];
    if (runId !== undefined) where.push(["run_id = ?", runId]);
    return readPage(this.database, { select: SELECT, order: "hooks.number", where }, page, hookOf);
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}

function hookOf(row: Row): HookRecord {
  return {
    token: text(row["token"]),
    runId: text(row["run_id"]),
    call: text(row["call"]),
    createdAt: Number(row["created_at"]),
    description: text(row["description"]),
  };
}
