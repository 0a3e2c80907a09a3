/** A run as its callers see it. It holds an id only: each question is put to the world anew. */
import { EntityConflictError, WorkflowRunNotFoundError } from "../contract/error";
import type { RunEvent } from "../contract/event";
import { writeFollowUp } from "../contract/follow-up";
import { writeMessage } from "../contract/message";
import type { RunRecord, RunStatus } from "../contract/run";
import type { LogEntry, World } from "../contract/world";
import { adoptRuns, RUN_BRAND } from "../engine/run-values";
import { stepScope } from "../engine/step-scope";
import { getWorld } from "../runtime/current";
import { explainRun } from "./explain";
import { inboxFull } from "./send-payload";
import { readState } from "./read-state";
import { resultOf } from "./result";
import { type RetryOptions, retryRun } from "./retry";
import {
  readItems,
  readStream,
  type RunStreamInfo,
  streamInfo,
  type StreamItem,
  type StreamOptions,
  type StreamReadingOptions,
  type WorkflowReadable,
} from "./run-streams";
import { untilOver } from "./until-over";

export interface WakeUpOptions {
  /** The calls of the waits to end, as `events()` names them; all of them unless given. */
  correlationIds?: readonly string[];
}

export interface EventsOptions {
  /** The position to begin at: 1. */
  from?: number;
}

/** One fact in the life of a run. */
export interface RunLogEntry {
  /** Dense, from 1. */
  position: number;
  /** Shared with the chunks of the run's default stream: what came first has the lower one. */
  stamp: number;
  event: RunEvent;
}

const PAGE = 500;
const CANCEL_CHILDREN = writeFollowUp({ type: "cancel_children" });

export class Run<T = unknown> {
  constructor(
    readonly runId: string,
    private readonly world: World,
  ) {}

  get status(): Promise<RunStatus> {
    return this.record().then(({ status }) => status);
  }

  /** What the workflow returned, when it has; throws how it ended otherwise. */
  get returnValue(): Promise<T> {
    stepScope.getStore()?.waitsForRun();
    return untilOver(this.world, this.runId).then((record) =>
      resultOf(this.world, record),
    ) as Promise<T>;
  }

  get workflowName(): Promise<string> {
    return this.record().then(({ workflow }) => workflow);
  }

  get createdAt(): Promise<Date> {
    return this.record().then(({ createdAt }) => new Date(createdAt));
  }

  get startedAt(): Promise<Date | undefined> {
    return this.record().then(({ startedAt }) => dateOf(startedAt));
  }

  get completedAt(): Promise<Date | undefined> {
    return this.record().then(({ endedAt }) => dateOf(endedAt));
  }

  get exists(): Promise<boolean> {
    return this.world.runs.get(this.runId).then((record) => record !== null);
  }

  /** What steps write to `getWritable()`, from the first chunk on; a new stream each time. */
  get readable(): WorkflowReadable {
    return this.getReadable();
  }

  /** A stream of the run, which ends when it is closed or the run is over. */
  getReadable<C = unknown>(options?: StreamReadingOptions): WorkflowReadable<C> {
    return readStream<C>(this.world, this.runId, options);
  }

  /** The same with all that is known of each chunk: its index, its step, and the attempt of that. */
  getChunks<C = unknown>(options?: StreamReadingOptions): ReadableStream<StreamItem<C>> {
    return readItems<C>(this.world, this.runId, options);
  }

  getStreamInfo(options?: StreamOptions): Promise<RunStreamInfo> {
    return streamInfo(this.world, this.runId, options);
  }

  /** For the codec: a run travels as its id. */
  get [RUN_BRAND](): true {
    return true;
  }

  /**
   * Resolves when the run is cancelled for good. Its steps are told by their signals, and the runs
   * that they started are cancelled as well, except those that were detached.
   */
  async cancel(): Promise<void> {
    const outcome = await this.world.runs.cancel(this.runId, [CANCEL_CHILDREN]);
    if (outcome.status === "not_found") throw new WorkflowRunNotFoundError(this.runId);
    if (outcome.status === "cancelled" || outcome.as === "cancelled") return;
    throw new EntityConflictError(
      "RUN_OVER",
      `Cannot transition run from terminal state "${outcome.as}"`,
    );
  }

  /** Ends waits now; a run that is parked tries again. Gives how many waits that are. */
  async wakeUp({ correlationIds }: WakeUpOptions = {}): Promise<{ stoppedCount: number }> {
    const { runId, world } = this;
    const record = await this.record();
    const { waits } = await readState(world, record);
    const open = [...waits.keys()];
    const calls = correlationIds ? open.filter((call) => correlationIds.includes(call)) : open;
    if (calls.length === 0 && !record.parked) return { stoppedCount: 0 };
    const { status } = await world.inbox.send(runId, {
      body: writeMessage({ type: "wake", calls }),
    });
    if (status === "full") throw inboxFull(runId);
    return { stoppedCount: status === "stored" ? calls.length : 0 };
  }

  /**
   * Lets a failed run go on: the step that failed is tried again, and what was done before stays
   * done. A run that is parked tries again. With `code: "latest"` it goes on with the workflow code
   * of today, which has to take the same path as far as the log goes.
   */
  async retry(options: RetryOptions = {}): Promise<this> {
    await retryRun(this.world, this.runId, options);
    return this;
  }

  /** One sentence on why the run is where it is. */
  async explain(): Promise<string> {
    return explainRun(this.world, this.runId);
  }

  /** What has happened so far, oldest first. */
  async *events({ from = 1 }: EventsOptions = {}): AsyncGenerator<RunLogEntry, void> {
    await this.record();
    let next = Number.isInteger(from) && from > 0 ? from : 1;
    for (;;) {
      const page: LogEntry[] = await this.world.runs.read(this.runId, next, PAGE);
      yield* page;
      if (page.length === 0) return;
      next = page.at(-1)!.position + 1;
    }
  }

  private async record(): Promise<RunRecord> {
    const record = await this.world.runs.get(this.runId);
    if (!record) throw new WorkflowRunNotFoundError(this.runId);
    return record;
  }
}

function dateOf(time: number | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}

adoptRuns((runId) => new Run(runId, getWorld()));
