/**
 * A World stores runs and hands them out to whoever executes them. It never looks inside a value:
 * all it stores are encoded texts, ids, and numbers. `lib/conformance` checks every line of this page.
 *
 * - W1 One append is atomic: events, state, due time, messages taken, tokens, follow-ups.
 * - W2 Positions of a log are dense integers from 1. Every entry of a log, and every chunk of a run's
 *   default stream, has a stamp from one counter of the run, so that both merge into one order.
 * - W3 Time that decides anything is the world's time (`now`), never the caller's.
 * - W4 A token belongs to one hook at a time. It is reserved, and confirmed by the append that
 *   creates the hook. A reservation counts for the claim in which it was made; one that was not
 *   confirmed in time may be taken over from a run that nobody owns. The end of the run, or the
 *   disposal of the hook, frees the token.
 * - W5 A message is stored before its sender hears yes, and once for each id that was given with it.
 * - W6 Chunks of a stream have dense indexes from 0, also after older ones were removed.
 * - W7 A finished run and all that belongs to it goes at once, by age; a bundle when no run that is
 *   left has it. Follow-ups stay until they are done.
 * - W8 A call may be repeated after its answer was lost, and has no second effect: `create` then says
 *   that the run exists, `cancel` that it is over, all others what they said before. Not so `write`,
 *   and a message without an id.
 */
import type { RunEvent, RunRetried } from "./event";
import type { FollowUps } from "./follow-ups";
import type { Permits } from "./permits";
import type { NewOffer, StepOffers } from "./step-offers";
import type { Page, PageQuery, Parked, RunChange, RunQuery, RunRecord, RunStatus } from "./run";

export interface World {
  /** For messages: `embedded`, `redis`. */
  readonly name: string;
  /** Opens what it stands on, and says in one sentence what survives what (P1). */
  start(): Promise<string>;
  /** Everything that was acknowledged stays; sessions of this object end. */
  close(): Promise<void>;
  /** World time in milliseconds. Never goes back. */
  now(): Promise<number>;
  /** What keeps the world from storing more although it answers, in a sentence; null if nothing does. */
  check?(): Promise<string | null>;

  readonly runs: Runs;
  readonly inbox: Inbox;
  readonly hooks: Hooks;
  readonly dispatch: Dispatch;
  readonly bundles: Bundles;
  readonly streams: Streams;
  readonly followUps: FollowUps;
  /** Where several processes execute runs at once: steps that owners have no room for (E2). */
  readonly steps?: StepOffers;
  /** What may go on only so often at once, in all processes together. */
  readonly permits?: Permits;
  /** Signs what the processes of this world say to each other; without it they believe nothing. */
  readonly auth?: WorldAuth;
  /** How a thread of this process gets a world on the same data, where that can be. */
  readonly thread?: ThreadDoor;
}

/** `require(module)[create](options)` makes it; what is passed can be cloned. */
export interface ThreadDoor {
  module: string;
  create: string;
  options: unknown;
}

/** For messages between processes that have to be believed (P11). Closed without a secret. */
export interface WorldAuth {
  /** Headers to send along. Rejects, with WorldError SECRET_MISSING, where there is no secret. */
  sign(request: SignedRequest): Promise<Record<string, string>>;
  /** True once for a request that was signed with the same secret less than five minutes ago. */
  verify(
    request: SignedRequest,
    header: (name: string) => string | null | undefined,
  ): Promise<boolean>;
}

export interface SignedRequest {
  method: string;
  /** From `/.well-known/` on: what is ahead of that may change on the way. */
  path: string;
  body: Uint8Array;
}

export interface Runs {
  /** An id for a new run, with this key if it is to have one. Ids of another make are accepted too. */
  newId(key?: string): string;
  /** The first event is `run_created`; the run is due at `dueAt`. Needs its bundle to be there. */
  create(run: NewRun): Promise<RunCreation>;
  append(append: Append): Promise<AppendOutcome>;
  /** Writes the end of the run itself and fences its owner off, which is the one exception to E0. */
  cancel(runId: string, followUps?: readonly string[]): Promise<CancelOutcome>;
  /**
   * A run that has failed goes on: it is due at once, and has nobody's fence. Its streams are open
   * again, and its inbox is as it was, with the ids of messages that it had. Rejects, with
   * EntityConflictError, where a token has become another's since it was reserved.
   */
  reopen(reopening: Reopening): Promise<ReopenOutcome>;
  get(runId: string): Promise<RunRecord | null>;
  list(query: RunQuery): Promise<Page<RunRecord>>;
  /** Entries from a position on, at most `limit`. */
  read(runId: string, from: number, limit: number): Promise<LogEntry[]>;
  /** The run, its log, inbox, hooks and streams. False if there is none; a live run is refused. */
  purge(runId: string): Promise<boolean>;
  /** Removes runs that the policy no longer keeps, at most `limit`; gives how many (W7). */
  expire(policy: RetentionPolicy, limit: number): Promise<number>;
  /** Called, maybe too often and maybe with delay, when the log of the run may have grown. */
  listen(runId: string, listener: () => void): () => void;
  /** The same, when the run may be over. */
  listenForEnd(runId: string, listener: () => void): () => void;
}

export interface NewRun {
  record: Pick<
    RunRecord,
    "runId" | "workflow" | "bundle" | "key" | "title" | "metadata" | "tags" | "parent"
  >;
  /** `run_created`; its time is the world's. */
  event: RunEvent;
  /** World time at which it is to begin; now, if it is not given. */
  dueAt?: number;
}

/** `exists`: this very run was created before. `key_taken`: another live run has the key. */
export type RunCreation =
  { status: "created" } | { status: "exists" } | { status: "key_taken"; runId: string };

export interface Append {
  runId: string;
  /** Tells a repetition of this append from the next one (R7, W8). */
  appendId: string;
  /** From the claim. */
  fence: number;
  /** The position of the first event: one more than the log holds. */
  position: number;
  events: readonly RunEvent[];
  change?: RunChange;
  /** When somebody has to look at the run next; stays as it is unless given. */
  dueAt?: number | null;
  /** Numbers of messages that are in the log now, or need not be. */
  taken?: readonly number[];
  /** The owner knows the messages up to this number; those that it leaves are no news any more. */
  seen?: number;
  /** Hooks that come into being, which confirms their tokens; and hooks that are gone. */
  hooks?: readonly HookRecord[];
  disposed?: readonly string[];
  followUps?: readonly string[];
  /** Attempts that any process may run; the end of the run takes them back. */
  offers?: readonly NewOffer[];
  /** The owner gives the run up with this append; messages it has not seen make it due at once. */
  releases?: boolean;
}

/** `fenced`: the run has another owner, or it is over. Nothing was stored. */
export type AppendOutcome = { status: "done"; stamp: number } | { status: "fenced" };

export interface LogEntry {
  position: number;
  stamp: number;
  event: RunEvent;
}

export type CancelOutcome =
  { status: "cancelled" } | { status: "over"; as: RunStatus } | { status: "not_found" };

export interface Reopening {
  runId: string;
  /** Tells a repetition of this call from the next one (W8). */
  id: string;
  /** Of the event: one more than the log holds. */
  position: number;
  /** Its time is the world's. */
  event: RunRetried;
  /** Those that are open again; tokens that somebody chose were reserved before. */
  hooks: readonly HookRecord[];
}

/** `moved`: somebody else was faster. `key_taken`: another live run has its key. */
export type ReopenOutcome =
  | { status: "reopened" }
  | { status: "not_failed"; as: RunStatus }
  | { status: "moved" }
  | { status: "key_taken"; runId: string }
  | { status: "not_found" };

export interface RetentionPolicy {
  /** Milliseconds after the end. */
  finishedMs: number;
  failedMs: number;
  /** While all that is stored is larger than this, the runs that ended first go early. */
  maxBytes?: number;
}

export interface Inbox {
  /** Wakes the run: if nobody owns it, it is due at once. */
  send(runId: string, message: NewMessage): Promise<SendOutcome>;
  /** Messages that are not taken yet, oldest first. */
  read(runId: string, limit: number): Promise<Message[]>;
}

export interface NewMessage {
  /** A second message of the same id is not stored, as long as the run lives. */
  id?: string;
  /** Refused if this hook of the run is gone; one that does not exist yet may still come. */
  call?: string;
  /** What the owner makes an event of. */
  body: string;
}

export interface Message {
  /** Ascending in a run. */
  number: number;
  body: string;
}

/** `gone`: the hook was disposed. `full`: the run has too many messages that it has not taken. */
export type SendOutcome =
  | { status: "stored" }
  | { status: "duplicate" }
  | { status: "gone" }
  | { status: "full" }
  | { status: "over" }
  | { status: "not_found" };

export interface HookRecord {
  token: string;
  runId: string;
  call: string;
  createdAt: number;
  /** A `HookDescription` as JSON. */
  description: string;
}

export interface Hooks {
  /**
   * For a custom token, ahead of the append that creates the hook (W4). A run that has the token may
   * reserve it for another of its hooks, when the same append disposes of the first.
   */
  reserve(token: string, runId: string, call: string): Promise<ReserveOutcome>;
  find(token: string): Promise<HookRecord | null>;
  /** Open hooks, of one run or of all. */
  list(query: PageQuery & { runId?: string }): Promise<Page<HookRecord>>;
}

export type ReserveOutcome = { status: "reserved" } | { status: "taken"; runId: string };

export interface Dispatch {
  /**
   * A session of this process: what it claims is its own until it ends, or is not renewed in time.
   * Null while this process may not execute (another one holds the data).
   */
  openSession(): Promise<string | null>;
  /** Before `leaseMs` are over, while it owns anything; now and then otherwise. Null if it is over. */
  renew(session: string): Promise<Renewal | null>;
  /**
   * Renews what the session has, for another thread of its process while that is blocked, and nothing
   * more. False if it is over. Not there where sessions need no renewal.
   */
  keep?(session: string): Promise<boolean>;
  /** All that it owns is due at once. */
  closeSession(session: string): Promise<void>;
  /** Infinity where a session ends with its process and not before. */
  readonly leaseMs: number;
  /**
   * Runs that are due and that nobody owns, of each workflow the longest due first. A claim is repeated
   * with its id, before the session makes the next one. With `only` it is about these runs, due or not.
   */
  claim(
    session: string,
    claimId: string,
    limit: number,
    only?: readonly string[],
  ): Promise<Claim[]>;
  /**
   * Gives a run up in good order, without an append; `dueAt` and `seen` as in an append. Of one that was
   * lost with its session, and that nobody has claimed since, the claims are counted anew.
   */
  release(
    runId: string,
    fence: number,
    left?: { dueAt?: number | null; seen?: number },
  ): Promise<void>;
  /** Says that the code of this run has blocked the process that owned it; kept with the run (R1). */
  strike(runId: string): Promise<void>;
  /**
   * When there may be something to claim next: the first run that is due and that nobody owns, or the
   * end of a lease under which runs are owned. Null if there is neither.
   */
  nextDue(): Promise<number | null>;
  /** Runs that are due now and that nobody owns. */
  countDue(): Promise<number>;
  /** Its methods are called maybe too often and maybe with delay. One listener for each session. */
  listen(listener: WorkListener): () => void;
  /** Whether some process executes runs now. */
  isServed(): Promise<boolean>;
}

export interface Renewal {
  /** Runs that it owns and that have news, until it releases them: messages it has not seen, a cancel. */
  news: string[];
  /** World time; null where this renewal did not have to ask. */
  at: number | null;
  /** As `nextDue` says it; not given where this renewal did not look. */
  dueAt?: number | null;
}

export interface WorkListener {
  /** The run has news, or any run if it is null. Gives whether this process owns it. */
  onNews(runId: string | null): boolean;
  /**
   * There may be something to claim. A promise says that there is no room for it here at the moment,
   * and resolves when there is.
   */
  onDue(): Promise<void> | void;
  /** A run was parked, maybe by a process that has other code than this one. */
  onParked?(runId: string, parked: Parked): void;
}

export interface Claim {
  runId: string;
  fence: number;
  /** How often it was claimed since its log grew or its owner released it. */
  claims: number;
  /** How often its code has blocked a process. */
  strikes: number;
  /** World time of the claim. */
  at: number;
  /** How many events its log holds. */
  position: number;
  /** Id of the last append, where the world may have lost some that it had acknowledged (P1). */
  lastAppend?: string;
  /** Whether there are messages in its inbox, seen or not. */
  hasMessages: boolean;
  /** All that is in its inbox, where the world has that at hand. */
  messages?: readonly Message[];
}

/** What runs were started on, as text; the world does not look inside. */
export interface Bundles {
  put(hash: string, text: string): Promise<void>;
  get(hash: string): Promise<string | null>;
}

export interface Streams {
  /**
   * Gives the index of the first chunk. A closed stream takes none: null; nor does one take any of
   * whoever gives a fence that the run does not have. Without chunks it says that the writer is there.
   */
  write(stream: StreamName, chunks: readonly string[], fence?: number): Promise<number | null>;
  /**
   * With why it broke off, if it did. Who closes it first says how it ends. A fence that the run does
   * not have closes nothing.
   */
  close(stream: StreamName, failure?: string, fence?: number): Promise<void>;
  /**
   * At most `limit`, and fewer where they are large: behind a million characters a page ends. Empty
   * only if there is nothing from there on.
   */
  read(streamId: string, from: number, limit: number): Promise<StreamChunk[]>;
  info(streamId: string): Promise<StreamInfo | null>;
  list(runId: string): Promise<string[]>;
  /** Called, maybe too often, when a stream may have more chunks or be closed. */
  listen(streamId: string, listener: () => void): () => void;
}

/** So many characters a page of chunks has at most, but for the last chunk. */
export const STREAM_PAGE_CHARACTERS = 1_000_000;

export interface StreamName {
  /** Made by `buildStreamId`, of the run and the name. */
  streamId: string;
  runId: string;
  /** The default stream of the run, whose chunks have stamps (W2). */
  isDefault: boolean;
  /** The end of its run does not close it. */
  outlivesRun?: boolean;
}

export interface StreamChunk {
  index: number;
  /** Null outside of the default stream. */
  stamp: number | null;
  data: string;
}

export interface StreamInfo {
  /** How many chunks were written. */
  count: number;
  isClosed: boolean;
  /** What it was closed with. */
  failure?: string;
  /** Goes up with every write, also one without chunks. */
  writes: number;
}
