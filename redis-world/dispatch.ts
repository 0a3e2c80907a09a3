/**
 * Who executes which run. A session is a lease in each partition in which it owns runs; the runs of one
 * that has run out are due again when somebody claims.
 *
 * - E1 What owns nothing renews nothing: it only says now and then that it is there.
 * - E5 Where something is due is known from rings, from what this process has done itself, and from a
 *   look around now and then, which finds what all others have missed.
 */
import { randomUUID } from "node:crypto";
import type { Parked } from "../lib/contract/run";
import type { Claim, Dispatch, Renewal, WorkListener } from "../lib/contract/world";
import { type Connection, rows, texts } from "./connection";
import type { DuePlaces } from "./due-places";
import type { Keys } from "./keys";
import type { News } from "./news";
import { Orphans } from "./orphans";
import type { Rings } from "./rings";
import { dueArgument } from "./run-hash";
import { CLAIM_RUNS } from "./scripts/claim-runs";
import { COUNT_DUE } from "./scripts/count-due";
import { NEXT_DUE } from "./scripts/next-due";
import { RELEASE_RUN } from "./scripts/release-run";
import {
  APPEAR,
  CLOSE_SESSION,
  COUNT_WORKERS,
  DISAPPEAR,
  KEEP_SESSION,
  RENEW_SESSION,
} from "./scripts/sessions";
import { STRIKE_RUN } from "./scripts/strike-run";
import type { OwnSessions } from "./sessions";

type ReleaseOptions = NonNullable<Parameters<Dispatch["release"]>[2]>;

export interface DispatchParts {
  connection: Connection;
  keys: Keys;
  news: News;
  sessions: OwnSessions;
  rings: Rings;
  due: DuePlaces;
}

interface LastClaim {
  claimId: string;
  places: readonly string[];
  /** So many of them may have given something. */
  visited: number;
}

/** How often a process says that it is there, and looks around. */
const LOOK_AROUND_MS = 30_000;
/** Without a word for so long it is taken to be gone. */
const GONE_AFTER_MS = 75_000;
/** What is due for so long and is nobody's was not rung for, or no ring came through. */
const MISSED_AFTER_MS = 3_000;

export class RedisDispatch implements Dispatch {
  private lookedAt = -Infinity;
  /**
   * Of each session. It is repeated wherever it was made, whatever is known of those places and found
   * there since (W8).
   */
  private readonly lastClaims = new Map<string, LastClaim>();
  private readonly stopsOf = new Map<string, () => void>();

  private readonly orphans: Orphans;

  constructor(
    private readonly parts: DispatchParts,
    readonly leaseMs: number,
  ) {
    this.orphans = new Orphans(parts);
  }

  async openSession(): Promise<string | null> {
    const { sessions, rings, news, keys } = this.parts;
    const session = randomUUID();
    await this.appear(session);
    sessions.begin(session);
    const stops = keys.partitions.map((partition) =>
      news.listen(`${partition}:news:${session}`, (runId) => rings.news(runId)),
    );
    this.stopsOf.set(session, () => stops.forEach((stop) => stop()));
    return session;
  }

  async renew(session: string): Promise<Renewal | null> {
    const { connection, sessions, due } = this.parts;
    if (!sessions.has(session)) return null;
    if (sessions.lost.has(session)) {
      await this.closeSession(session);
      return null;
    }
    const renewal: Renewal = { news: [], at: null };
    const partitions = sessions.owning(session);
    this.orphans.look(session, partitions);
    const answers = await Promise.all(
      partitions.map((each) => connection.run(RENEW_SESSION, each, session, this.leaseMs)),
    );
    for (const [index, answer] of answers.entries()) {
      if (answer === null) {
        await this.closeSession(session);
        return null;
      }
      const [at, dueAt, ...runs] = texts(answer);
      renewal.at = Math.max(renewal.at ?? 0, Number(at));
      due.learn(partitions[index]!, dueAt === "" ? null : Number(dueAt));
      renewal.news.push(...runs);
    }
    if (performance.now() - this.lookedAt > LOOK_AROUND_MS) await this.lookAround(session, renewal);
    renewal.dueAt = due.first();
    return renewal;
  }

  async keep(session: string): Promise<boolean> {
    const { connection, keys } = this.parts;
    const answers = await Promise.all(
      keys.partitions.map((each) => connection.run(KEEP_SESSION, each, session, this.leaseMs)),
    );
    return answers.every((isKept) => isKept === 1);
  }

  async closeSession(session: string): Promise<void> {
    const { connection, keys, sessions, rings } = this.parts;
    const known = sessions.known(session);
    sessions.end(session);
    this.lastClaims.delete(session);
    this.orphans.forget(session);
    this.stopsOf.get(session)?.();
    this.stopsOf.delete(session);
    const counts = await Promise.all(
      known.map((partition) => connection.run(CLOSE_SESSION, partition, session)),
    );
    // crash here: whoever watches over its leases finds the runs due.
    for (const [index, count] of counts.entries()) rings.partition(known[index]!, Number(count));
    await connection.run(DISAPPEAR, keys.partitions[0]!, session);
  }

  /** As good as it can: what stays open runs out. */
  async closeSessions(): Promise<void> {
    const { sessions } = this.parts;
    await Promise.allSettled(sessions.all.map((session) => this.closeSession(session)));
  }

  async claim(
    session: string,
    claimId: string,
    limit: number,
    only?: readonly string[],
  ): Promise<Claim[]> {
    const { connection, keys, sessions, due } = this.parts;
    if (!sessions.has(session)) return [];
    const claims: Claim[] = [];
    const named = only && [...new Set(only)];
    let last = this.lastClaims.get(session);
    if (last?.claimId !== claimId) {
      const own = named && [...new Set(named.map((runId) => keys.ofRun(runId)))];
      last = { claimId, places: own ?? (await this.places()), visited: 0 };
      this.lastClaims.set(session, last);
    }
    for (const [index, partition] of last.places.entries()) {
      const missing = Math.max(0, limit - claims.length);
      if (missing === 0 && index >= last.visited) break;
      last.visited = Math.max(last.visited, index + 1);
      const own = named?.filter((runId) => keys.ofRun(runId) === partition) ?? [];
      sessions.claims(session, partition);
      due.forget(partition);
      const args = [session, this.leaseMs, claimId, missing, ...own];
      // crash here: what was claimed so far is the answer to the same claim, or due with the session.
      const reply = await connection.run(CLAIM_RUNS, partition, ...args);
      const [at, ...claimed] = texts(reply);
      due.learnTime(Number(at));
      if (claimed[0] === "over") {
        sessions.lost.add(session);
        break;
      }
      claims.push(...rows(claimed, 7).map((row) => claimOf(row, Number(at))));
    }
    for (const { runId } of claims) sessions.owns(session, runId);
    return claims;
  }

  async release(runId: string, fence: number, left: ReleaseOptions = {}): Promise<void> {
    const { connection, keys, sessions, rings } = this.parts;
    const { dueAt, seen = 0 } = left;
    const args = [runId, fence, dueArgument(dueAt), seen];
    const reply = await connection.run(RELEASE_RUN, keys.ofRun(runId), ...args);
    sessions.forget(runId);
    const [at, due] = texts(reply).map(Number);
    if (due !== undefined) rings.due(runId, due, at!);
  }

  async strike(runId: string): Promise<void> {
    const { connection, keys } = this.parts;
    await connection.run(STRIKE_RUN, keys.ofRun(runId), runId);
  }

  async nextDue(): Promise<number | null> {
    const { due, keys, sessions } = this.parts;
    // Whoever executes nothing does not follow what becomes of it.
    const unknown = sessions.all.length === 0 ? keys.partitions : due.unknown();
    await this.learnDue(unknown);
    return due.first();
  }

  async countDue(): Promise<number> {
    const { connection, keys } = this.parts;
    const counts = keys.partitions.map((partition) => connection.run(COUNT_DUE, partition));
    return (await Promise.all(counts)).reduce<number>((sum, count) => sum + Number(count), 0);
  }

  listen(listener: WorkListener): () => void {
    const { keys, news, rings } = this.parts;
    const stopHearing = rings.listen(listener);
    const stops = keys.partitions.map((each) =>
      news.listen(`${each}:work`, () => {
        // Somebody else may have come.
        this.lookedAt = -Infinity;
        rings.lookAt(each);
      }),
    );
    const stopParked = news.listen(keys.parkedChannel, (about) => {
      if (about === null) return;
      const { runId, parked } = JSON.parse(about) as { runId: string; parked: Parked };
      listener.onParked?.(runId, parked);
    });
    return () => [stopHearing, stopParked, ...stops].forEach((stop) => stop());
  }

  async isServed(): Promise<boolean> {
    const { connection, keys } = this.parts;
    return Number(await connection.run(COUNT_WORKERS, keys.partitions[0]!)) > 0;
  }

  /** Where something is due, longest first: what is not known of a place is asked ahead of that. */
  private async places(): Promise<string[]> {
    const { due } = this.parts;
    if (due.isOne) return due.all;
    await this.learnDue(due.unknown());
    return due.places();
  }

  /** What all others have missed: it finds out within the time between two looks. */
  private async lookAround(session: string, renewal: Renewal): Promise<void> {
    const { due, rings } = this.parts;
    this.lookedAt = performance.now();
    renewal.at = await this.appear(session);
    await this.learnDue(due.oldest());
    const first = due.first();
    if (first !== null && first < renewal.at - MISSED_AFTER_MS) rings.missed();
  }

  private async appear(session: string): Promise<number> {
    const { connection, keys, due, sessions } = this.parts;
    const reply = await connection.run(APPEAR, keys.partitions[0]!, session, GONE_AFTER_MS);
    const [at, count] = texts(reply).map(Number);
    due.learnTime(at!);
    sessions.others = count! - 1;
    return at!;
  }

  private async learnDue(partitions: readonly string[]): Promise<void> {
    const { connection, due } = this.parts;
    const found = await Promise.all(
      partitions.map((partition) => connection.run(NEXT_DUE, partition)),
    );
    for (const [index, at] of found.entries()) {
      due.learn(partitions[index]!, at === null ? null : Number(at));
    }
  }
}

function claimOf([runId, ...rest]: string[], at: number): Claim {
  const [fence, claims, strikes, position, messages] = rest.map(Number);
  return {
    ...{ runId: runId!, fence: fence!, claims: claims!, strikes: strikes!, at },
    ...{ position: position!, hasMessages: messages! > 0 },
    lastAppend: rest.at(-1)!,
  };
}
