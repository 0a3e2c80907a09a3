/** What has to happen after an append, at least once. */
import type { AtEndOutcome, FollowUp, FollowUps } from "../lib/contract/follow-ups";
import { type Connection, rows, texts } from "./connection";
import type { Keys } from "./keys";
import type { Rings } from "./rings";
import { FOLLOW_UP_DONE, KEEP_FOR_END, TAKE_FOLLOW_UPS } from "./scripts/follow-ups";

/** Whoever has taken one and has not done it by then is not there any more. */
const TAKEN_MS = 5_000;

/** Between the number of the partition and that of the follow-up in its id. */
const SEPARATOR = "-";

export class RedisFollowUps implements FollowUps {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly rings: Rings,
  ) {}

  async take(limit: number): Promise<FollowUp[]> {
    const taken: FollowUp[] = [];
    for (const [number, partition] of this.keys.partitions.entries()) {
      if (!(await this.hasAny(partition))) continue;
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
    return (await this.connection.ask((client) => client.exists(...keys))) > 0;
  }
}
