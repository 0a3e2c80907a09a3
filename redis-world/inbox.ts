/** Messages for runs, from whoever has something to say: durable, ordered, once for each id (E0). */
import type { Inbox, Message, NewMessage, SendOutcome } from "../lib/contract/world";
import { type Connection, texts } from "./connection";
import type { Keys } from "./keys";
import type { Rings } from "./rings";
import { SEND_MESSAGE } from "./scripts/send-message";
import type { OwnSessions } from "./sessions";

/** Messages that a run has not taken: more than that are a run that does not move. */
const MOST_MESSAGES = 10_000;

export class RedisInbox implements Inbox {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly rings: Rings,
    private readonly sessions: OwnSessions,
  ) {}

  async send(runId: string, { id = "", call = "", body }: NewMessage): Promise<SendOutcome> {
    const { connection, keys, rings, sessions } = this;
    const args = [runId, id, call, body, MOST_MESSAGES, sessions.ownerOf(runId) ?? ""];
    const reply = await connection.run(SEND_MESSAGE, keys.ofRun(runId), ...args);
    const [status, owner] = texts(reply);
    // crash here: it is news of its owner until that has seen it, or the run is due.
    if (owner === "") rings.dueNow(runId);
    else if (owner !== undefined && sessions.has(owner)) rings.news(runId);
    return { status } as SendOutcome;
  }

  async read(runId: string, limit: number): Promise<Message[]> {
    const key = `${this.keys.ofRun(runId)}:inbox:${runId}`;
    const found = await this.connection.read((client) =>
      client.xrange(key, "-", "+", "COUNT", limit),
    );
    return found.map(([id, [, body]]) => ({ number: Number.parseInt(id, 10), body: body! }));
  }
}
