/** Where a campaign takes place: a server, workers, a load, and whoever looks at it from outside. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { World } from "../../../lib/contract/world";
import { createRedisWorld } from "../../../redis-world";
import { seededNumbers } from "../../seeded-numbers";
import { TcpProxy } from "../tcp-proxy";
import { AofServer, type Settings } from "./aof-server";
import { describeOpen, type StoredRun } from "./audit-runs";
import { Fleet } from "./fleet";
import { Load, pause } from "./load";
import { machineTime } from "./machine-time";

export interface SceneSettings {
  seed: number;
  /** How many workers there are at a time. */
  places: number;
  leaseMs: number;
  runsPerSecond: number;
  /** Of the server; safe ones unless they are given. */
  server?: Settings;
}

export const PREFIX = "campaign";
/**
 * Longer than anything takes that is left to time: a process wakes runs that made no progress when it
 * has lasted for 30 seconds, and one that is alone has all of them to do then.
 */
const PATIENCE_MS = 150_000;
const LOOK_MS = 100;

export class Scene {
  private constructor(
    readonly settings: SceneSettings,
    readonly server: AofServer,
    readonly fleet: Fleet,
    /** Between the sender of payloads and the server. */
    readonly sender: TcpProxy,
    private readonly senderWorld: World,
    /** No fault of the network is on its way. */
    readonly world: World,
    readonly load: Load,
  ) {}

  /** `roots` are the versions of the app; `folder` is for what its processes say. */
  static async open(
    roots: readonly string[],
    folder: string,
    settings: SceneSettings,
  ): Promise<Scene> {
    mkdirSync(folder, { recursive: true });
    const { seed, leaseMs, places, runsPerSecond } = settings;
    const server = await AofServer.start(settings.server);
    const { port } = server;
    const given = { prefix: PREFIX, leaseMs };
    const sender = await TcpProxy.open(port);
    const senderWorld = createRedisWorld({ url: sender.url, ...given });
    const world = createRedisWorld({ url: server.url, ...given });
    await world.start();
    const [one, two] = [seededNumbers(seed * 10 + 1), seededNumbers(seed * 10 + 2)];
    const fleet = new Fleet({ roots, folder, port, places, ...given }, one);
    await fleet.open();
    const pace = { name: `r${seed}`, perSecond: runsPerSecond, leaseMs };
    const load = new Load(fleet, senderWorld, pace, two);
    return new Scene(settings, server, fleet, sender, senderWorld, world, load);
  }

  /** Until all runs are over or parked, or patience is; gives how long that took. */
  async untilQuiet(): Promise<number> {
    const from = machineTime();
    while (machineTime() - from < PATIENCE_MS) {
      if (this.load.missing().length === 0 && (await this.isQuiet())) break;
      await pause(LOOK_MS);
    }
    return Math.round(machineTime() - from);
  }

  /**
   * What is not over. A reason that somebody has to look into is an answer; to wait for what is there
   * is none (P2).
   */
  async openRuns(runs: ReadonlyMap<string, StoredRun>) {
    const open = [...runs.values()].filter(({ record }) => record.endedAt === undefined);
    const stuck = open.filter(({ record }) => record.parked === undefined);
    const problems: string[] = [];
    for (const run of stuck) problems.push(await describeOpen(this.world, run));
    const parked: Record<string, number> = {};
    for (const { record } of open) {
      if (record.parked) parked[record.parked.code] = (parked[record.parked.code] ?? 0) + 1;
    }
    return { problems, parked };
  }

  /** A process that cannot reach the world when it begins may say so and end; no other may. */
  deaths(): string[] {
    return this.fleet.all.flatMap(({ diedOf, said, isReady, settings: { file } }) => {
      if (diedOf === null || (!isReady && diedOf.startsWith("code 3"))) return [];
      return [`${path.basename(file)} ended by itself (${diedOf}): ${said.slice(-5).join(" | ")}`];
    });
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await this.load.close();
    for (const world of [this.senderWorld, this.world]) await world.close();
    await this.sender.close();
    await this.server.stop();
  }

  private async isQuiet(): Promise<boolean> {
    for (const status of ["pending", "running"] as const) {
      const { data } = await this.world.runs.list({ status, limit: 100 });
      if (data.some(({ parked }) => parked === undefined)) return false;
    }
    return true;
  }
}
