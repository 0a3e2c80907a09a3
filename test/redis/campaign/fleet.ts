/** The workers of a campaign: so many places, in each of which one process follows the other. */
import path from "node:path";
import type { Next } from "../../seeded-numbers";
import { TcpProxy } from "../tcp-proxy";
import { type Interval, machineTime } from "./machine-time";
import { WorkerProcess } from "./worker-process";

export interface FleetSettings {
  /** The app in each of its versions. */
  roots: readonly string[];
  /** Where what the processes say of their step bodies is kept. */
  folder: string;
  port: number;
  prefix: string;
  leaseMs: number;
  places: number;
}

export interface Place {
  proxy: TcpProxy;
  worker: WorkerProcess;
  /** A fault is under way that is about this place alone. */
  isBusy: boolean;
}

export class Fleet {
  /** All processes that there were. */
  readonly all: WorkerProcess[] = [];
  readonly places: Place[] = [];
  readonly acknowledged = new Map<string, number>();
  /** Which version new processes have. */
  version = 0;
  /** Processes that ended by themselves, and were started again. */
  deaths = 0;
  private isOver = false;

  constructor(
    readonly settings: FleetSettings,
    private readonly next: Next,
  ) {}

  async open(): Promise<void> {
    for (let nth = 0; nth < this.settings.places; nth++) {
      const proxy = await TcpProxy.open(this.settings.port);
      this.places.push({ proxy, worker: this.launch(proxy), isBusy: false });
    }
  }

  /** A new process in place of one that is gone. */
  replace(place: Place): void {
    place.worker = this.launch(place.proxy);
  }

  /** Somebody to give work to: any that takes it, whether it can do it or not. */
  any(): WorkerProcess {
    return this.places[this.next(this.places.length)]!.worker;
  }

  /** All of them were cut off for that time. */
  noteOutage(interval: Interval): void {
    for (const worker of this.all) {
      if (worker.endedAt > interval.from) worker.troubles.push(interval);
    }
  }

  async close(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.places.map(({ worker }) => worker.kill()));
    await Promise.all(this.places.map(({ proxy }) => proxy.close()));
  }

  private launch(proxy: TcpProxy): WorkerProcess {
    const { roots, folder, prefix, leaseMs } = this.settings;
    const file = path.join(folder, `bodies-${this.all.length}.jsonl`);
    // Every fourth process has a clock that somebody sets while it runs.
    const inMs = 500 + this.next(4_000);
    const shiftMs = (this.next(2) === 0 ? 1 : -1) * 3_600_000;
    const jump = this.next(4) === 0 ? { jump: { inMs, shiftMs } } : {};
    const root = roots[this.version]!;
    const worker = new WorkerProcess(
      { root, url: proxy.url, prefix, leaseMs, file, ...jump },
      (runId) => {
        if (!this.acknowledged.has(runId)) this.acknowledged.set(runId, machineTime());
      },
      (ended) => this.revive(ended),
    );
    this.all.push(worker);
    return worker;
  }

  /** What a supervisor does for a process that has ended by itself. */
  private revive(ended: WorkerProcess): void {
    const place = this.places.find(({ worker }) => worker === ended);
    if (!place || ended.diedOf === null || this.isOver) return;
    this.deaths++;
    setTimeout(() => {
      if (!this.isOver && place.worker === ended) this.replace(place);
    }, 250);
  }
}
