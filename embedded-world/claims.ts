/**
 * The claims of the session of this process. A run that becomes due in a transaction of the process
 * that executes is claimed in the same one, since the next thing to happen is that the engine asks for
 * it: a transaction costs more than what is done in it.
 */
import type { Claim, Message } from "../lib/contract/world";
import type { Database } from "./database";
import { text } from "./run-rows";
import type { Row } from "./sqlite";

/** So many wait to be handed out; the rest is claimed when it is asked for, the longest due first. */
const MOST_READY = 50;

const DUE = `SELECT number FROM runs WHERE due_at <= ? AND due_at IS NOT NULL AND owner IS NULL
  ORDER BY due_at LIMIT ?`;
/** These runs, due or not. */
const NAMED = `SELECT number FROM runs WHERE run_id IN (SELECT value FROM json_each(?))
  AND owner IS NULL AND ended_at IS NULL LIMIT ?`;
const CLAIM = `UPDATE runs SET owner = ?, fence = fence + 1, claims = claims + 1 WHERE number = ?
  RETURNING run_id, fence, claims, strikes, position,
    EXISTS (SELECT 1 FROM inbox WHERE inbox.run = runs.number) AS has_messages`;

export class Claims {
  /** Null while this process does not execute. */
  session: string | null = null;
  private ready: Claim[] = [];
  /** Somebody asks this session for work. */
  private isAsked = false;
  private last: { claimId: string; claims: Claim[] } | null = null;

  constructor(private readonly database: Database) {}

  begin(session: string): void {
    if (this.session !== session) this.end();
    this.session = session;
  }

  end(): void {
    this.session = null;
    this.ready = [];
    this.isAsked = false;
    this.last = null;
  }

  /** How many runs there are that are nobody's yet, though the database says whose they will be. */
  get readyCount(): number {
    return this.ready.length;
  }

  /** In the transaction in which a run that nobody owns becomes due; with all that is in its inbox. */
  takeNow(run: number, messages: readonly Message[]): void {
    const { session, isAsked, ready } = this;
    if (session === null || !isAsked || ready.length >= MOST_READY) return;
    const claim = { ...this.claimRow(run, this.database.now()), messages };
    this.database.onCommit(() => this.ready.push(claim));
  }

  /** Something has come for the run since. */
  noteNews(runId: string): void {
    const claim = this.ready.find((each) => each.runId === runId);
    if (!claim) return;
    claim.hasMessages = true;
    delete claim.messages;
  }

  /** The run is over. Nobody will be handed it, so nobody would give it back. */
  forget(runId: string): void {
    const before = this.ready.length;
    this.ready = this.ready.filter((each) => each.runId !== runId);
    if (this.ready.length === before) return;
    this.database.sql("UPDATE runs SET owner = NULL WHERE run_id = ?").run(runId);
  }

  /** A claim is repeated under its id (W8). */
  claim(claimId: string, limit: number, only: readonly string[] | undefined): Claim[] {
    if (this.last?.claimId === claimId) return this.last.claims;
    this.isAsked = true;
    const claims = only ? [] : this.ready.slice(0, limit);
    const count = claims.length;
    if (count < limit) claims.push(...this.claimSome(limit - count, only));
    // Not before: what is taken out when that fails would be nobody's.
    this.ready.splice(0, count);
    // Whoever claims takes the time from it.
    const at = this.database.now();
    for (const claim of claims) claim.at = at;
    this.last = { claimId, claims };
    return claims;
  }

  private claimSome(limit: number, only: readonly string[] | undefined): Claim[] {
    const now = this.database.now();
    const [wanted, choice] = only ? [NAMED, JSON.stringify(only)] : [DUE, now];
    const statement = this.database.sql(wanted);
    if (statement.get(choice, 1) === undefined) return [];
    return this.database.transaction(() =>
      statement.all(choice, limit).map((row) => this.claimRow(Number(row["number"]), now)),
    );
  }

  private claimRow(run: number, now: number): Claim {
    return claimOf(this.database.sql(CLAIM).get(this.session, run)!, now);
  }
}

function claimOf(row: Row, at: number): Claim {
  const count = (column: string) => Number(row[column]);
  return {
    runId: text(row["run_id"]),
    fence: count("fence"),
    claims: count("claims"),
    strikes: count("strikes"),
    at,
    position: count("position"),
    hasMessages: count("has_messages") === 1,
  };
}
