/** Messages for runs, from whoever has something to say: durable, ordered, once for each id (E0). */
import type { Inbox, Message, NewMessage, SendOutcome } from "../lib/contract/world";
import type { Connection } from "./connection";
import type { Keys } from "./keys";
import { SEND_MESSAGE } from "./scripts/send-message";

/** Messages that a run has not taken: more than that are a run that does not move. */
const MOST_MESSAGES = 10_000;

export class RedisInbox implements Inbox {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
  ) {}

  async send(runId: string, { id = "", call = "", body }: NewMessage): Promise<SendOutcome> {
    const args = [runId, id, call, body, MOST_MESSAGES];
    const status = await this.connection.run(SEND_MESSAGE, this.keys.ofRun(runId), ...args);
    return { status } as SendOutcome;
  }

  async read(runId: string, limit: number): Promise<Message[]> {
    const key = `${this.keys.ofRun(runId)}:inbox:${runId}`;
    const found = await this.connection.ask((client) =>
      client.xrange(key, "-", "+", "COUNT", limit),
    );
    return found.map(([id, [, body]]) => ({ number: Number.parseInt(id, 10), body: body! }));
  }
}
