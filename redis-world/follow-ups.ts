/** What has to happen after an append, at least once. */
import {
  type AtEndOutcome,
  FOLLOW_UP_TAKEN_MS,
  type FollowUp,
  type FollowUps,
} from "../lib/contract/follow-ups";
import { type Connection, rows, texts } from "./connection";
import type { Keys } from "./keys";
import type { Rings } from "./rings";
import { FOLLOW_UP_DONE, KEEP_FOR_END, TAKE_FOLLOW_UPS } from "./scripts/follow-ups";

/** Between the number of the partition and that of the follow-up in its id. */
const SEPARATOR = "-";

const LATER_MS = 100;

export class RedisFollowUps implements FollowUps {
  private later: NodeJS.Timeout | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly rings: Rings,
  ) {}

  async take(limit: number): Promise<FollowUp[]> {
    const taken: FollowUp[] = [];
    let areTaken = false;
    for (const [number, partition] of this.keys.partitions.entries()) {
      if (taken.length >= limit) break;
      try {
        if (!(await this.hasAny(partition))) continue;
        areTaken = true;
        for (const [id, runId, body] of await this.takeFrom(partition, limit - taken.length)) {
          taken.push({ id: number + SEPARATOR + id, runId: runId!, body: body! });
        }
      } catch (error) {
        // Those that are taken would be kept from everybody for seconds.
        if (taken.length === 0) throw error;
        break;
      }
    }
    if (taken.length === 0 && areTaken) this.lookLater();
    return taken;
  }

  /** Whoever has taken some may be gone, and has told nobody. */
  private lookLater(): void {
    this.later ??= setTimeout(() => {
      this.later = null;
      this.rings.followHere();
    }, FOLLOW_UP_TAKEN_MS + LATER_MS).unref();
  }

  private async takeFrom(partition: string, limit: number): Promise<string[][]> {
    const args = [limit, FOLLOW_UP_TAKEN_MS];
    return rows(texts(await this.connection.run(TAKE_FOLLOW_UPS, partition, ...args)), 3);
  }

  async done(id: string): Promise<void> {
    const [partition, followUp] = id.split(SEPARATOR);
    const key = this.keys.partitions[Number(partition)];
    if (key !== undefined) await this.connection.run(FOLLOW_UP_DONE, key, followUp!);
  }

  async atEnd(runId: string, id: string, body: string): Promise<AtEndOutcome> {
    const args = [runId, id, body];
    const status = await this.connection.run(KEEP_FOR_END, this.keys.ofRun(runId), ...args);
    return { status } as AtEndOutcome;
  }

  listen(listener: () => void): () => void {
    return this.rings.follow(listener);
  }

  /** Asked by everybody all the time, so it is one command. */
  private async hasAny(partition: string): Promise<boolean> {
    const keys = [`${partition}:waiting`, `${partition}:taken`];
    return (await this.connection.read((client) => client.exists(...keys))) > 0;
  }
}
