/** What has to happen after an append, at least once. */
import type { FollowUp, FollowUps } from "../lib/contract/world";
import { type Connection, rows, texts } from "./connection";
import type { Keys } from "./keys";
import { FOLLOW_UP_DONE, TAKE_FOLLOW_UPS } from "./scripts/follow-ups";

/** Whoever has taken one and has not done it by then is not there any more. */
const TAKEN_MS = 60_000;

/** Between the number of the partition and that of the follow-up in its id. */
const SEPARATOR = "-";

export class RedisFollowUps implements FollowUps {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
  ) {}

  async take(limit: number): Promise<FollowUp[]> {
    const taken: FollowUp[] = [];
    for (const [number, partition] of this.keys.partitions.entries()) {
      const args = [limit - taken.length, TAKEN_MS];
      const found = texts(await this.connection.run(TAKE_FOLLOW_UPS, partition, ...args));
      for (const [id, runId, body] of rows(found, 3)) {
        taken.push({ id: number + SEPARATOR + id, runId: runId!, body: body! });
      }
      if (taken.length >= limit) break;
    }
    return taken;
  }

  async done(id: string): Promise<void> {
    const [partition, followUp] = id.split(SEPARATOR);
    const key = this.keys.partitions[Number(partition)];
    if (key !== undefined) await this.connection.run(FOLLOW_UP_DONE, key, followUp!);
  }
}
