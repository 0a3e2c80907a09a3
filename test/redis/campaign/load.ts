/**
 * The load of a campaign: runs are started and sent payloads, again and again until somebody says
 * yes, and what was said yes to is written down (P1).
 */
import { getRun, resumeHook } from "../../../lib/api";
import type { World } from "../../../lib/contract/world";
import { HookNotFoundError, WorkflowRunNotFoundError } from "../../../lib/errors";
import type { Next } from "../../seeded-numbers";
import type { Fleet } from "./fleet";
import { planRun, type PlannedRun } from "./load-plan";
import { machineTime } from "./machine-time";

/** An answer that has not come by then is not waited for. */
const ANSWER_MS = 4_000;
const AGAIN_MS = 100;

export interface LoadSettings {
  /** Ids begin with it. */
  name: string;
  perSecond: number;
  leaseMs: number;
}

export class Load {
  readonly planned = new Map<string, PlannedRun>();
  /** Payloads that are stored, as somebody was told; and when. */
  readonly payloads = new Map<string, { runId: string; at: number }>();
  /** Runs that are cancelled, as somebody was told; and those that may be, since it was tried. */
  readonly cancelled = new Set<string>();
  readonly triedToCancel = new Set<string>();
  /** What was read of streams while they were written, to their ends. */
  readonly heard = new Map<string, unknown[]>();
  /** Why payloads were not taken; for people. */
  readonly refusals = new Map<string, number>();
  private readonly readers = new Set<ReadableStreamDefaultReader<unknown>>();
  /** Whatever is under way. */
  private readonly errands = new Set<Promise<void>>();
  private isEnding = false;
  private isOver = false;

  constructor(
    private readonly fleet: Fleet,
    /** As the sender of payloads sees it, over a network of its own. */
    private readonly world: World,
    private readonly settings: LoadSettings,
    private readonly next: Next,
  ) {}

  /** Resolves when `end` was called. */
  async run(): Promise<void> {
    const { name, perSecond, leaseMs } = this.settings;
    for (let nth = 0; !this.isEnding; nth++) {
      const plan = planRun(`${name}_${nth}`, nth, leaseMs, this.next);
      this.planned.set(plan.runId, plan);
      this.keep(this.startUntilTold(plan));
      if (plan.payloads.length > 0) this.keep(this.sendAll(plan));
      if (plan.cancelAfterMs !== undefined) this.keep(this.cancelUntilTold(plan));
      if (plan.chunks > 0) this.keep(this.readLive(plan));
      await pause((500 + this.next(1_000)) / perSecond);
    }
  }

  /** No more of it; what has begun goes on. */
  end(): void {
    this.isEnding = true;
  }

  /** Sends all payloads once more, with the ids that they had: what is there is not stored again (W5). */
  sendAgain(): void {
    for (const plan of this.planned.values()) {
      if (plan.payloads.length > 0) this.keep(this.sendAll(plan));
    }
  }

  /** What is still under way is left. */
  async close(): Promise<void> {
    this.isEnding = true;
    this.isOver = true;
    for (const reader of this.readers) void reader.cancel().catch(() => undefined);
    await Promise.all(this.errands);
  }

  /** Runs of which nobody has said yet that they are there. */
  missing(): string[] {
    return [...this.planned.keys()].filter((runId) => !this.fleet.acknowledged.has(runId));
  }

  private async startUntilTold({ runId, name, args }: PlannedRun): Promise<void> {
    const { fleet } = this;
    while (!this.isOver && !fleet.acknowledged.has(runId)) {
      const worker = fleet.any();
      if (!worker.isAlive) {
        await pause(AGAIN_MS);
        continue;
      }
      worker.start(runId, name, args);
      const askedAt = machineTime();
      // The same start may go to two of them: it is one run all the same.
      const isTold = () => fleet.acknowledged.has(runId) || !worker.isAlive || this.isOver;
      while (!isTold() && machineTime() - askedAt < ANSWER_MS) await pause(AGAIN_MS);
    }
  }

  private async sendAll(plan: PlannedRun): Promise<void> {
    for (const [nth, payload] of plan.payloads.entries()) {
      await pause(this.next(1_500));
      while (!this.isOver && !(await this.send(plan, payload, `p${nth}`))) await pause(AGAIN_MS);
    }
  }

  /** True if it is stored, or will never be. */
  private async send({ runId, token }: PlannedRun, payload: string, id: string): Promise<boolean> {
    const { world } = this;
    try {
      const known = token ?? (await world.hooks.list({ runId, limit: 1 })).data[0]?.token;
      if (known === undefined) return false;
      await resumeHook(known, payload, { id, runId, world });
      this.payloads.set(payload, { runId, at: machineTime() });
      return true;
    } catch (error) {
      const { code = "no code" } = error as { code?: string };
      this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
      if (WorkflowRunNotFoundError.is(error)) return false;
      // Its run is over: then an earlier try of the same payload was the one that it took.
      return HookNotFoundError.is(error);
    }
  }

  private async cancelUntilTold({ runId, cancelAfterMs = 0 }: PlannedRun): Promise<void> {
    while (!this.isOver && !this.fleet.acknowledged.has(runId)) await pause(AGAIN_MS);
    await pause(cancelAfterMs);
    while (!this.isOver) {
      this.triedToCancel.add(runId);
      try {
        await getRun(runId, { world: this.world }).cancel();
        this.cancelled.add(runId);
        return;
      } catch (error) {
        // It was over before.
        if ((error as { code?: string }).code === "RUN_OVER") return;
      }
      await pause(AGAIN_MS);
    }
  }

  /** As whoever watches a run does it: what breaks off is opened again where it was. */
  private async readLive({ runId }: PlannedRun): Promise<void> {
    const chunks: unknown[] = [];
    while (!this.isOver) {
      const run = getRun(runId, { world: this.world });
      const reader = run.getReadable<unknown>({ startIndex: chunks.length }).getReader();
      this.readers.add(reader);
      try {
        await readInto(chunks, reader);
        if (!this.isOver) this.heard.set(runId, chunks);
        return;
      } catch {
        await pause(AGAIN_MS);
      } finally {
        this.readers.delete(reader);
      }
    }
  }

  private keep(errand: Promise<void>): void {
    this.errands.add(errand);
    void errand.finally(() => this.errands.delete(errand));
  }
}

async function readInto(
  chunks: unknown[],
  reader: ReadableStreamDefaultReader<unknown>,
): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    chunks.push(value);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
