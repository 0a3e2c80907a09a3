/**
 * What happens to random programs from outside: payloads come at random moments and in random ways,
 * runs are cancelled, and failed ones retried; and what was acknowledged is written down (P1).
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { getRun, resumeHook } from "../../lib/api";
import { EntityConflictError, HookNotFoundError } from "../../lib/errors";
import type { HookDescription } from "../../lib/contract/event";
import { type RunRecord, TERMINAL } from "../../lib/contract/run";
import type { HookRecord, World } from "../../lib/contract/world";
import type { Next } from "../seeded-numbers";
import type { HookPlan, PlannedPayload, Program } from "./random-plan";

export interface Acknowledged {
  payload: string;
  /** The run that it went to. */
  runId: string;
  /** World time. */
  at: number;
  /** Its hook was there. */
  isDelivered: boolean;
}

interface Queue extends HookPlan {
  program: Program;
  left: PlannedPayload[];
  early: PlannedPayload[];
}

export class RandomSender {
  readonly acknowledged: Acknowledged[] = [];
  readonly cancelled = new Set<string>();
  readonly retried = new Set<string>();
  private readonly mended = new Set<string>();
  private readonly queues = new Map<string, Queue>();

  constructor(
    private readonly world: World,
    private readonly dataDir: string,
    private readonly programs: readonly Program[],
    private readonly next: Next,
  ) {
    for (const program of programs) {
      for (const hook of program.hooks) {
        const early = hook.payloads.filter(({ isEarly }) => isEarly);
        const left = hook.payloads.filter(({ isEarly }) => !isEarly);
        this.queues.set(hook.name, { ...hook, program, left, early });
      }
    }
  }

  /** Does some of what can be done now. False if there is nothing of that kind. */
  async round(): Promise<boolean> {
    const { data } = await this.world.runs.list({ limit: 1000 });
    const records = new Map(data.map((record) => [record.runId, record]));
    let hasMore = false;
    for (const program of this.programs) {
      const record = records.get(program.runId);
      if (record && (await this.disturb(program, record))) hasMore = true;
    }
    for (const queue of this.queues.values()) {
      const record = records.get(queue.program.runId);
      if (record && (await this.sendEarly(queue, record))) hasMore = true;
    }
    const { data: hooks } = await this.world.hooks.list({ limit: 1000 });
    for (const hook of hooks) if (await this.sendTo(hook)) hasMore = true;
    return hasMore;
  }

  /** Cancels it, or lets it go on. */
  private async disturb(
    { runId, cancelAt, isRetried }: Program,
    { status, position }: RunRecord,
  ): Promise<boolean> {
    const run = getRun(runId, { world: this.world });
    if (cancelAt !== undefined && position >= cancelAt && !TERMINAL.has(status)) {
      // It may end meanwhile.
      if (await isDone(run.cancel())) this.cancelled.add(runId);
      return true;
    }
    if (!isRetried || status !== "failed" || this.mended.has(runId)) return false;
    if (this.next(4) > 0) return true;
    writeFileSync(path.join(this.dataDir, `${runId}.mended`), "");
    this.mended.add(runId);
    // Another run may have its token by now.
    if (await isDone(run.retry())) this.retried.add(runId);
    return true;
  }

  private async sendEarly(queue: Queue, { status }: RunRecord): Promise<boolean> {
    const { early, token, program } = queue;
    if (early.length === 0 || TERMINAL.has(status)) return false;
    if (this.next(4) === 0) await this.send(token!, early.shift()!, program.runId);
    return true;
  }

  private async sendTo({ token, description }: HookRecord): Promise<boolean> {
    const { name = "" } = JSON.parse(description) as HookDescription;
    const queue = this.queues.get(name);
    if (!queue || queue.left.length === 0) return false;
    if (this.next(3) > 0) return true;
    // Now and then all at once.
    const count = this.next(3) === 0 ? queue.left.length : 1;
    for (const planned of queue.left.splice(0, count)) await this.send(token, planned);
    return true;
  }

  private async send(token: string, planned: PlannedPayload, runId?: string): Promise<void> {
    const { payload, id, isRepeated } = planned;
    const { world } = this;
    const sendOnce = () => {
      const options = { world, ...(id !== undefined && { id }) };
      return runId === undefined
        ? resumeHook(token, payload, options)
        : resumeHook(token, payload, { ...options, runId });
    };
    try {
      const at = await world.now();
      const answer = await sendOnce();
      const isDelivered = answer.delivery === "delivered";
      this.acknowledged.push({ payload, runId: answer.runId, at, isDelivered });
      if (isRepeated) await sendOnce();
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

/** The hook is gone, or has what it takes. */
function isRefusal(error: unknown): boolean {
  return HookNotFoundError.is(error) || EntityConflictError.is(error);
}

/** False if the run would not have it. */
async function isDone(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (EntityConflictError.is(error)) return false;
    throw error;
  }
}
