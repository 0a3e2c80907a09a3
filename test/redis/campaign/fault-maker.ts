/** Makes the faults of a plan happen, each in its time, and writes down whom they cut off and when. */
import { Redis } from "ioredis";
import type { TcpProxy } from "../tcp-proxy";
import type { AofServer } from "./aof-server";
import type { Fault, FaultKind } from "./fault-plan";
import type { Fleet, Place } from "./fleet";
import { pause } from "./load";
import { machineTime } from "./machine-time";

/** A process that is asked to end has so long. */
const GRACE_MS = 3_000;
const DELAY_MS = 150;

export interface Targets {
  server: AofServer;
  fleet: Fleet;
  /** Between the sender of payloads and the server. */
  sender: TcpProxy;
  prefix: string;
}

export class FaultMaker {
  /** What has happened, and how often. */
  readonly counts = new Map<FaultKind, number>();
  /** In words, with the time since the start. */
  readonly diary: string[] = [];
  private readonly startedAt = machineTime();
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly targets: Targets) {}

  /** Resolves when the last of them is over. */
  async perform(faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) {
      await pause(Math.max(0, fault.at - (machineTime() - this.startedAt)));
      const errand = this.make(fault);
      this.underWay.add(errand);
      // Whoever waits for all of them hears of it.
      void errand.then(
        () => this.underWay.delete(errand),
        () => undefined,
      );
    }
    await Promise.all(this.underWay);
  }

  private async make(fault: Fault): Promise<void> {
    const { kind } = fault;
    const isMade = await this.begin(fault);
    if (isMade) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** False where it cannot be, since another one is under way. */
  private async begin(fault: Fault): Promise<boolean> {
    const place = this.targets.fleet.places[fault.place]!;
    switch (fault.kind) {
      case "kill":
      case "stop":
      case "stop long":
      case "reset":
      case "hole":
      case "delay":
        return this.disturb(place, fault);
      case "deploy":
        return this.deploy(fault);
      case "redis kill":
      case "outage":
        return this.cutAll(fault);
      default:
        this.tell(fault);
        return this.disturbServer(fault);
    }
  }

  private async disturb(place: Place, fault: Fault): Promise<boolean> {
    if (place.isBusy || !place.worker.isAlive) return false;
    place.isBusy = true;
    this.tell(fault);
    const from = machineTime();
    const { worker, proxy } = place;
    await this.disturbPlace(place, fault);
    worker.troubles.push({ from, to: machineTime() });
    if (fault.kind === "hole" && fault.coin) proxy.reset();
    if (fault.kind === "hole" || fault.kind === "delay") proxy.pass();
    place.isBusy = false;
    return true;
  }

  private async disturbPlace(place: Place, { kind, ms }: Fault): Promise<void> {
    const { worker, proxy } = place;
    switch (kind) {
      case "kill":
        await worker.kill();
        await pause(ms);
        return this.targets.fleet.replace(place);
      case "reset":
        return proxy.reset();
      case "hole":
        proxy.hole();
        return pause(ms);
      case "delay":
        proxy.delay(DELAY_MS);
        return pause(ms);
      default:
        worker.freeze();
        await pause(ms);
        worker.thaw();
    }
  }

  private async deploy(fault: Fault): Promise<boolean> {
    const { fleet } = this.targets;
    const { length } = fleet.settings.roots;
    // Also back to an older one, as people do.
    fleet.version = (fleet.version + (fault.coin ? 1 : length - 1)) % length;
    this.tell({ ...fault, kind: `deploy` });
    for (const place of fleet.places) {
      if (place.isBusy || !place.worker.isAlive) continue;
      place.isBusy = true;
      await place.worker.retire(GRACE_MS);
      fleet.replace(place);
      place.isBusy = false;
    }
    return true;
  }

  private async cutAll(fault: Fault): Promise<boolean> {
    const { server, fleet, sender } = this.targets;
    if (!server.isUp) return false;
    this.tell(fault);
    const from = machineTime();
    const proxies = [...fleet.places.map(({ proxy }) => proxy), sender];
    if (fault.kind === "redis kill") await server.kill();
    else for (const proxy of proxies) proxy.refuse();
    await pause(fault.ms);
    if (fault.kind === "redis kill") await server.begin();
    else for (const proxy of proxies) proxy.pass();
    fleet.noteOutage({ from, to: machineTime() });
    return true;
  }

  private async disturbServer({ kind, ms }: Fault): Promise<boolean> {
    const { server, sender, prefix } = this.targets;
    if (kind === "sender reset") sender.reset();
    if (kind === "sender hole") {
      sender.hole();
      await pause(ms);
      sender.pass();
    }
    if (kind.startsWith("sender")) return true;
    if (!server.isUp) return false;
    const client = new Redis(server.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on("error", () => undefined);
    try {
      if (kind === "client kill") await client.call("CLIENT", "KILL", "TYPE", "normal");
      if (kind === "listener kill") await client.call("CLIENT", "KILL", "TYPE", "pubsub");
      if (kind === "script flush") await client.script("FLUSH");
      if (kind === "queues gone") await removeQueues(client, prefix);
      return true;
    } catch {
      // The server went meanwhile.
      return false;
    } finally {
      client.disconnect();
    }
  }

  private tell({ kind, place, ms }: Fault): void {
    const at = ((machineTime() - this.startedAt) / 1000).toFixed(1);
    this.diary.push(`${at} s: ${kind} (worker ${place}, ${ms} ms)`);
  }
}

async function removeQueues(client: Redis, prefix: string): Promise<void> {
  const names = await client.keys(`${prefix}:{q*`);
  if (names.length > 0) await client.del(...names);
}
