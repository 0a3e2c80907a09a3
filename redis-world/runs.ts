/**
 * Runs and their logs.
 *
 * - W1 Each method that writes is one script, on the partition of the run.
 * - E0 An append names the fence of its claim, and the position it expects.
 */
import type { RunEvent } from "../lib/contract/event";
import { EntityConflictError, WorldError } from "../lib/contract/error";
import type { Page, Parked, RunQuery, RunRecord, RunStatus } from "../lib/contract/run";
import { maskToken } from "../lib/contract/token";
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
import type { RedisBundles } from "./bundles";
import { type Argument, type Connection, texts } from "./connection";
import type { Keys } from "./keys";
import type { News } from "./news";
import { type Numbered, type PartitionQuery, readPage } from "./pages";
import type { Rings } from "./rings";
import {
  appendArguments,
  aroundTime,
  createArguments,
  endsRun,
  hashOf,
  recordOf,
  reopenArguments,
  tagFields,
} from "./run-hash";
import type { RunKeys } from "./run-keys";
import { APPEND } from "./scripts/append";
import { CANCEL_RUN } from "./scripts/cancel-run";
import { CREATE_RUN } from "./scripts/create-run";
import { EXPIRE_RUNS } from "./scripts/expire-runs";
import { LIST_RUNS } from "./scripts/list-runs";
import { PURGE_RUN } from "./scripts/purge-run";
import { REOPEN_RUN } from "./scripts/reopen-run";
import type { OwnSessions } from "./sessions";
import type { Kept, Tokens } from "./tokens";

export interface RunsParts {
  connection: Connection;
  keys: Keys;
  news: News;
  tokens: Tokens;
  bundles: RedisBundles;
  runKeys: RunKeys;
  rings: Rings;
  sessions: OwnSessions;
}

export class RedisRuns implements Runs {
  constructor(private readonly parts: RunsParts) {}

  newId(key?: string): string {
    return this.parts.keys.newRunId(key);
  }

  async create(run: NewRun): Promise<RunCreation> {
    const { runId, bundle, key } = run.record;
    const { runKeys } = this.parts;
    const args = createArguments(run);
    const [status, holder, dueAt] = await runKeys.enliven(CREATE_RUN, runId, key, args);
    if (status === "no_bundle") {
      throw new WorldError("BUNDLE_UNKNOWN", `There is no bundle ${bundle} for the run`);
    }
    // crash here: the run is due, and somebody finds it without having been told.
    if (status === "created") this.parts.rings.due(runId, Number(dueAt), Number(holder));
    else if (status === "exists") this.parts.rings.dueNow(runId);
    if (status !== "key_taken") return { status: isKnown(status) };
    // Where the key is, nobody knows whether this very run was there before.
    const isThere = runKeys.isAway(runId, key) && (await this.get(runId)) !== null;
    return isThere ? { status: "exists" } : { status, runId: holder! };
  }

  async append(append: Append): Promise<AppendOutcome> {
    const { runId } = append;
    const reply = await this.run(APPEND, runId, appendArguments(append));
    const [status, stamp, freed, followUps, at, dueAt] = reply;
    const { rings, sessions } = this.parts;
    if (status !== "done") return { status: "fenced" };
    if (append.releases || endsRun(append.change ?? {})) sessions.forget(runId);
    if (append.change?.parked) this.tellParked(runId, append.change.parked);
    if (dueAt !== "") rings.due(runId, Number(dueAt), Number(at));
    if (followUps !== "0") rings.followUps();
    if (append.offers)
      rings.offers(
        runId,
        append.offers.map(({ call }) => call),
      );
    // crash here: the tokens of hooks that are gone stay in :freed, and expire() gives them back.
    if (freed === "1") await this.parts.tokens.giveBack(this.parts.keys.ofRun(runId));
    return { status, stamp: Number(stamp) };
  }

  async cancel(runId: string, after: readonly string[] = []): Promise<CancelOutcome> {
    const event: RunEvent = { type: "run_cancelled", at: 0 };
    const args = [runId, ...aroundTime(event), ...after];
    const [status, more, followUps] = await this.run(CANCEL_RUN, runId, args);
    if (status === "not_found") return { status };
    if (status === "over") return { status, as: more as RunStatus };
    if (followUps !== "0") this.parts.rings.followUps();
    // crash here: as after an append.
    if (more === "1") await this.parts.tokens.giveBack(this.parts.keys.ofRun(runId));
    return { status: "cancelled" };
  }

  async reopen(reopening: Reopening): Promise<ReopenOutcome> {
    const { runId, hooks } = reopening;
    const { tokens, runKeys } = this.parts;
    const key = (await this.get(runId))?.key;
    const kept = await tokens.keep(runId, hooks);
    // crash here: the run has failed as before, and in time others may take its tokens over.
    const args = reopenArguments(reopening, kept.until);
    const [status, more] = await runKeys.enliven(REOPEN_RUN, runId, key, args);
    if (status === "late") throw notKept(kept);
    if (status === "not_failed") return { status, as: more as RunStatus };
    if (status === "key_taken") return { status, runId: more! };
    if (status === "reopened") this.parts.rings.dueNow(runId);
    return { status } as ReopenOutcome;
  }

  async get(runId: string): Promise<RunRecord | null> {
    const key = `${this.parts.keys.ofRun(runId)}:run:${runId}`;
    const hash = await this.parts.connection.read((client) => client.hgetall(key));
    return hash["runId"] === undefined ? null : recordOf(hash);
  }

  async list(query: RunQuery): Promise<Page<RunRecord>> {
    const { workflow, status, key, parent, parkedFor, tags, ...page } = query;
    const wanted = { workflow, status, key, parent, parkedCode: parkedFor, ...tagFields(tags) };
    const { createdFrom = "", createdBefore = "" } = query;
    const given = Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value],
    );
    const filters = [createdFrom, createdBefore, ...given];
    const { partitions } = this.parts.keys;
    return readPage(partitions, page, (partition, part) => this.find(partition, part, filters));
  }

  async read(runId: string, from: number, limit: number): Promise<LogEntry[]> {
    const key = `${this.parts.keys.ofRun(runId)}:log:${runId}`;
    const found = await this.parts.connection.read((client) =>
      client.xrange(key, `${Math.max(1, from)}-0`, "+", "COUNT", limit),
    );
    return found.map(([id, [, event, , stamp]]) => ({
      position: Number.parseInt(id, 10),
      stamp: Number(stamp),
      event: JSON.parse(event!) as RunEvent,
    }));
  }

  async purge(runId: string): Promise<boolean> {
    const [outcome, status] = await this.run(PURGE_RUN, runId, [runId]);
    if (outcome !== "live") return outcome === "purged";
    throw new WorldError("RUN_NOT_OVER", `Run "${runId}" is ${status}`);
  }

  async expire(policy: RetentionPolicy, limit: number): Promise<number> {
    const { finishedMs, failedMs, maxBytes } = policy;
    const { connection, keys, tokens, bundles, runKeys } = this.parts;
    const share = maxBytes === undefined ? "" : maxBytes / keys.partitions.length;
    let count = 0;
    for (const partition of keys.partitions) {
      const args = [finishedMs, failedMs, share, limit - count];
      const [gone, before, ...hashes] = texts(
        await connection.run(EXPIRE_RUNS, partition, ...args),
      );
      count += Number(gone);
      await tokens.giveBack(partition);
      if (keys.partitions.length > 1) await runKeys.sweep(partition);
      for (const hash of hashes) await bundles.drop(hash, Number(before));
    }
    return count;
  }

  listen(runId: string, listener: () => void): () => void {
    const { news, keys } = this.parts;
    return news.listen(`${keys.ofRun(runId)}:log:${runId}`, () => listener());
  }

  listenForEnd(runId: string, listener: () => void): () => void {
    const { news, keys } = this.parts;
    return news.listen(`${keys.ofRun(runId)}:end:${runId}`, () => listener());
  }

  /** Until there are enough, or no more: one call looks at a bounded number of runs. */
  private async find(partition: string, query: PartitionQuery, filters: readonly Argument[]) {
    const found: Numbered<RunRecord>[] = [];
    let { cursor } = query;
    do {
      const args = [cursor, query.limit - found.length, query.order, ...filters];
      const reply = await this.parts.connection.run(LIST_RUNS, partition, ...args);
      const [next, ...runs] = reply as [string, ...string[][]];
      for (const run of runs) {
        const hash = hashOf(run);
        found.push({ number: Number(hash["number"]), item: recordOf(hash) });
      }
      cursor = next;
    } while (cursor !== "" && found.length < query.limit);
    return found;
  }

  /** Who does not hear of it finds out when it looks. */
  private tellParked(runId: string, parked: Parked): void {
    const { news, keys } = this.parts;
    news.tellAll(keys.parkedChannel, JSON.stringify({ runId, parked }));
  }

  private async run(script: typeof APPEND, runId: string, args: (string | number)[]) {
    const { connection, keys } = this.parts;
    return texts(await connection.run(script, keys.ofRun(runId), ...args));
  }
}

function isKnown(status: string | undefined): "created" | "exists" {
  return status === "exists" ? "exists" : "created";
}

/** Why a run has no hold on its custom tokens any more. */
function notKept({ lost }: Kept): Error {
  if (lost) {
    const message = `The hook token "${maskToken(lost.token)}" belongs to the run "${lost.runId}" now`;
    return new EntityConflictError("HOOK_CONFLICT", message);
  }
  return new WorldError("STORAGE_FAILED", "Redis took too long to let the run go on: try again");
}
