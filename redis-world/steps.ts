/** Steps that the owners of runs have no room for, for any process of this world (E2). */
import { randomUUID } from "node:crypto";
import type { OfferedAttempt, OfferedStep, StepOffers } from "../lib/contract/step-offers";
import { type Connection, rows, texts } from "./connection";
import type { Keys } from "./keys";
import type { Rings } from "./rings";
import { FINISH_STEP, TAKE_STEPS } from "./scripts/offers";
import type { OwnSessions } from "./sessions";

export class RedisSteps implements StepOffers {
  private turn = 0;
  /** Takings whose answer was lost are made again as they were (W8). */
  private readonly unanswered = new Map<string, string>();

  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly rings: Rings,
    private readonly sessions: OwnSessions,
    private readonly leaseMs: number,
  ) {}

  get hasOthers(): boolean {
    return this.sessions.others > 0;
  }

  async take(session: string, limit: number): Promise<OfferedStep[]> {
    const { partitions } = this.keys;
    const taken: OfferedStep[] = [];
    const first = this.turn++;
    for (let n = 0; n < partitions.length && taken.length < limit; n++) {
      const partition = partitions[(first + n) % partitions.length]!;
      if (!(await this.hasAny(partition))) continue;
      taken.push(...(await this.takeFrom(partition, session, limit - taken.length)));
    }
    return taken;
  }

  async finish(session: string, attempt: OfferedAttempt, body: string): Promise<boolean> {
    const { connection, keys, rings, sessions } = this;
    const { runId, call } = attempt;
    const args = [session, runId, call, attempt.attempt, body];
    const reply = texts(await connection.run(FINISH_STEP, keys.ofRun(runId), ...args));
    sessions.letGo(session, runId, `${call} ${attempt.attempt}`);
    const [isStored, owner] = reply;
    if (isStored !== "1") return false;
    // crash here: it is news of its owner until that has seen it, or the run is due.
    if (owner === "") rings.dueNow(runId);
    else if (sessions.has(owner!)) rings.news(runId);
    return true;
  }

  listen(listener: () => Promise<void> | void): () => void {
    return this.rings.host(listener);
  }

  private async takeFrom(
    partition: string,
    session: string,
    limit: number,
  ): Promise<OfferedStep[]> {
    const place = `${session} ${partition}`;
    const takeId = this.unanswered.get(place) ?? randomUUID();
    this.unanswered.set(place, takeId);
    this.sessions.claims(session, partition);
    const args = [session, this.leaseMs, takeId, limit];
    const reply = texts(await this.connection.run(TAKE_STEPS, partition, ...args));
    this.unanswered.delete(place);
    if (reply[0] === "over") {
      this.sessions.lost.add(session);
      return [];
    }
    return rows(reply, 4).map(([runId, call, attempt, body]) => {
      this.sessions.holds(session, runId!, `${call} ${attempt}`);
      return { runId: runId!, call: call!, attempt: Number(attempt), body: body! };
    });
  }

  /** Looked at by everybody whenever a slot is free, so it is one command. */
  private async hasAny(partition: string): Promise<boolean> {
    return (await this.connection.read((client) => client.exists(`${partition}:offers`))) > 0;
  }
}
