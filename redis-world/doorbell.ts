/**
 * The doorbell: BullMQ jobs by which one process learns that there is something to do, now or at a
 * moment to come.
 *
 * - D1 A job holds ids and decides nothing. It may be lost, come late or twice: the due index is what
 *   counts, and whoever looks there later does what a lost job was about (E5).
 * - D2 Nobody waits for a ring, and none fails: while Redis is away there are no rings.
 * - D3 A process that has no room keeps the jobs that it has taken, so that the others go elsewhere.
 */
import type { Job, Queue, Worker } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import type { Client, Connection } from "./connection";
import { loadBullMQ } from "./drivers";

/** Jobs of one process that wait for room at the same time; each keeps one more doorbell from others. */
const JOBS_AT_ONCE = 20;
/** An idle worker asks again so seldom, since a job that comes wakes it, and the due index stands behind. */
const DRAIN_DELAY_S = 60;
/** Nothing renews it: a timer of BullMQ that does would outlast a worker that cannot be closed. */
const LOCK_MS = 600_000;
const STALLED_EVERY_MS = 300_000;
const SELDOM = 1_000_000;
/** A worker that did not hear what it should have heard is made anew, so often at most. */
const RESTART_EVERY_MS = 30_000;
const CLOSES_WITHIN_MS = 1_000;
const OPENS_AGAIN_MS = 5_000;
/** Later moments are found in the due index when they come near. */
const HORIZON_MS = 900_000;
const MOST_IN_ONE_GO = 200;

export interface Ring {
  /** What it is about: a run that is due, anything in a partition, follow-ups, steps that were offered. */
  name: "due" | "look" | "follow" | "steps";
  /** The partition, where it is about that. */
  runId: string;
  /** Of the step. */
  call?: string;
  delayMs: number;
}

export interface RingHearer {
  /** What it gives resolves when this process has room for more. */
  heard(ring: Omit<Ring, "delayMs">): Promise<void> | void;
}

export interface DoorbellOptions {
  connection: Connection;
  /** Of the world. */
  prefix: string;
  /** How often a job is tried whose ring was not answered. */
  attempts: number;
}

type RingData = Pick<Ring, "runId" | "call">;

export class Doorbell {
  private readonly name = "due";
  private queue: Queue<RingData> | null = null;
  private worker: Worker<RingData> | null = null;
  private readonly clients = new Map<Queue | Worker, Client>();
  private waiting: Ring[] = [];
  private isSending = false;
  private isClosed = false;
  private restartedAt = -Infinity;
  private opensAgain: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: DoorbellOptions,
    private readonly hearer: RingHearer,
  ) {}

  ring(ring: Ring): void {
    if (this.isClosed || ring.delayMs > HORIZON_MS) return;
    this.waiting.push(ring);
    if (!this.isSending) void this.send();
  }

  /** From now on this process hears rings. */
  hear(): void {
    if (!this.worker && !this.isClosed) this.worker = this.openWorker();
  }

  deafen(): void {
    clearTimeout(this.opensAgain);
    const { worker } = this;
    this.worker = null;
    if (worker) void closeWorker(worker).then(() => this.dropClient(worker));
  }

  /** Something was overdue that nobody had rung for, or that no ring came through for. */
  suspect(): void {
    if (!this.worker || performance.now() - this.restartedAt < RESTART_EVERY_MS) return;
    this.restartedAt = performance.now();
    this.deafen();
    this.hear();
  }

  /** Rings that are under way get there, if that takes no longer than a moment. */
  async close(): Promise<void> {
    const { worker, queue } = this;
    const sent = this.send();
    this.isClosed = true;
    clearTimeout(this.opensAgain);
    await Promise.race([sent, afterAMoment()]);
    await Promise.all([worker && closeWorker(worker), queue?.close().catch(() => undefined)]);
    for (const owner of this.clients.keys()) this.dropClient(owner);
  }

  private async send(): Promise<void> {
    this.isSending = true;
    // What is rung in one turn of the event loop is told in one go.
    await Promise.resolve();
    try {
      while (this.waiting.length > 0) await this.add(this.waiting.splice(0, MOST_IN_ONE_GO));
    } catch {
      // D2: the due index knows.
      this.waiting = [];
    }
    this.isSending = false;
  }

  private async add(rings: readonly Ring[]): Promise<void> {
    const { connection, attempts } = this.options;
    if (!connection.isOpen) return;
    this.queue ??= this.openQueue();
    const backoff = attempts > 1 ? { backoff: { type: "exponential", delay: 200 } } : {};
    const opts = { removeOnComplete: true, removeOnFail: true, attempts, ...backoff };
    await this.queue.addBulk(
      rings.map(({ name, runId, call, delayMs }) => ({
        ...{ name, data: { runId, ...(call !== undefined && { call }) } },
        opts: delayMs > 0 ? { ...opts, delay: Math.ceil(delayMs) } : opts,
      })),
    );
  }

  private openQueue(): Queue<RingData> {
    const { Queue } = loadBullMQ();
    const connection = this.openClient(false);
    const streams = { events: { maxLen: 1 } };
    const queue = new Queue<RingData>(this.name, { connection, prefix: this.prefix, streams });
    this.clients.set(queue, connection);
    queue.on("error", () => undefined);
    // One that could not be opened stays like that for ever.
    queue.waitUntilReady().catch(() => {
      if (this.queue === queue) this.queue = null;
      this.dropClient(queue);
    });
    return queue;
  }

  private openWorker(): Worker<RingData> {
    const { Worker } = loadBullMQ();
    const process = async ({ name, data }: Job<RingData>) => {
      await this.hearer.heard({ name: name as Ring["name"], ...data });
    };
    const connection = this.openClient(true);
    const worker = new Worker<RingData>(this.name, process, {
      ...{ connection, prefix: this.prefix, concurrency: JOBS_AT_ONCE },
      ...{ drainDelay: DRAIN_DELAY_S, stalledInterval: STALLED_EVERY_MS },
      ...{ lockDuration: LOCK_MS, skipLockRenewal: true },
      ...{ maxStalledCount: SELDOM, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
    });
    this.clients.set(worker, connection);
    // What it cannot do it tries again by itself.
    worker.on("error", () => undefined);
    worker.waitUntilReady().catch(() => this.openAgain(worker));
    return worker;
  }

  /**
   * A worker whose server refused its first question, being busy for example, never asks that again. It
   * goes on asking for jobs without a pause, so that its process does nothing else any more.
   */
  private openAgain(worker: Worker): void {
    if (this.worker !== worker) return;
    this.deafen();
    this.opensAgain = setTimeout(() => this.hear(), OPENS_AGAIN_MS);
    this.opensAgain.unref();
  }

  /** Its keys are in a slot of their own. */
  private get prefix(): string {
    return `${this.options.prefix}:{q}`;
  }

  private openClient(isPatient: boolean): Client {
    const client = duplicate(this.options.connection.client, isPatient);
    client.on("error", () => undefined);
    return client;
  }

  /** BullMQ leaves open what it was given. */
  private dropClient(owner: Queue | Worker): void {
    this.clients.get(owner)?.disconnect();
    this.clients.delete(owner);
  }
}

/** Who waits for jobs goes on for ever; who adds one is told at once that it cannot be done. */
function duplicate(client: Client, isPatient: boolean): Client {
  // A command that waits for jobs is silent for longer than others may be.
  const silence = isPatient ? { socketTimeout: (DRAIN_DELAY_S + 15) * 1000 } : {};
  const own = { maxRetriesPerRequest: isPatient ? null : 0, lazyConnect: false, ...silence };
  if (!client.isCluster) return (client as Redis).duplicate({ ...own, commandTimeout: undefined });
  const { redisOptions } = (client as Cluster).options;
  return (client as Cluster).duplicate([], { redisOptions: { ...redisOptions, ...own } });
}

/** Jobs that wait for room are let go of; if that hangs, it is of no use to wait for them. */
async function closeWorker(worker: Worker): Promise<void> {
  const closed = worker.close().catch(() => undefined);
  await Promise.race([closed, afterAMoment()]);
  await Promise.race([worker.close(true).catch(() => undefined), afterAMoment()]);
}

function afterAMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, CLOSES_WITHIN_MS).unref());
}
