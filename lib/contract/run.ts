/** What is known of a run beside its log: for people, for lists, and for whoever looks for work. */
import type { Encoded, Failure } from "./event";

export type RunStatus = "pending" | "running" | "completed" | "failed" | "cancelled";

/** A terminal state is written once (P5). */
export const TERMINAL: ReadonlySet<RunStatus> = new Set(["completed", "failed", "cancelled"]);

export interface RunRecord {
  runId: string;
  workflow: string;
  /** The hash of the bundle on which the run is replayed to its end (P6). */
  bundle: string;
  status: RunStatus;
  createdAt: number;
  startedAt?: number;
  endedAt?: number;
  /** How many events its log holds. */
  position: number;
  /** The key that `start` attaches by, while the run lives. */
  key?: string;
  title?: string;
  metadata?: Encoded;
  tags?: Readonly<Record<string, string>>;
  /** The run in whose step it was started; that one's cancel is its own, too. */
  parent?: string;
  /** Why it does not go on by itself; absent while it does. */
  parked?: Parked;
  /** Of a failed run: what to show in lists. The value is in the log. */
  failure?: Omit<Failure, "value">;
  /** When somebody has to look at it next, in world time; null while it waits for others. */
  dueAt: number | null;
}

export interface Parked {
  /** From the table of errors. */
  code: string;
  message: string;
  /** What is missing, such as the id of a step. */
  about?: string;
}

/** What changes in a record besides its log; fields that are absent stay as they are. */
export type RunChange = Partial<
  Pick<RunRecord, "status" | "startedAt" | "endedAt" | "failure" | "bundle">
> & {
  /** Null takes the reason away. */
  parked?: Parked | null;
};

export interface RunQuery extends PageQuery {
  workflow?: string;
  status?: RunStatus;
  key?: string;
  /** Runs that were started in steps of this one. */
  parent?: string;
  /** Runs that do not go on by themselves, for this reason. */
  parkedFor?: string;
  /** Runs that have all of these. */
  tags?: Readonly<Record<string, string>>;
  /** World time: runs that were created then or later, and runs that were created before. */
  createdFrom?: number;
  createdBefore?: number;
}

export interface PageQuery {
  /** 20 by default, 1,000 at most. */
  limit?: number;
  /** From the page before. */
  cursor?: string;
  /** Newest first unless it says so. */
  isOldestFirst?: boolean;
}

export interface Page<T> {
  data: T[];
  /** Null on the last page. */
  cursor: string | null;
}
