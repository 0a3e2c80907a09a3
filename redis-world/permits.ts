/**
 * What may go on only so often at once. Permits of steps are where their name is, those of workflows in
 * the first partition, with the lines in which runs stand for them.
 */
import type { Called, PermitRequest, Permits, RunInLine, Standing } from "../lib/contract/permits";
import { type Connection, type Reply, rows, texts } from "./connection";
import type { Keys } from "./keys";
import type { News } from "./news";
import { ADMIT, ENTER_LINE, HOLDERS, LEAVE_LINE, STANDING } from "./scripts/lines";
import { SHARE_PERMITS } from "./scripts/permits";
import type { Script } from "./scripts/script";
import type { OwnSessions } from "./sessions";

/** What a session has of a partition, beside runs and attempts. */
const PERMITS = "permits";

interface PermitParts {
  connection: Connection;
  keys: Keys;
  news: News;
  sessions: OwnSessions;
}

export class RedisPermits implements Permits {
  constructor(
    private readonly parts: PermitParts,
    private readonly leaseMs: number,
  ) {}

  async share(session: string, request: PermitRequest): Promise<number | null> {
    const { connection, keys, sessions } = this.parts;
    const { name, limit, turn, gives, wants } = request;
    if (!sessions.has(session)) return null;
    const partition = keys.ofKey(name);
    // From now on it may have some there, and is renewed there.
    sessions.claims(session, partition);
    sessions.holds(session, name, PERMITS);
    const args = [session, this.leaseMs, name, numberOf(limit), turn, gives, wants];
    const count = await connection.run(SHARE_PERMITS, partition, ...args);
    if (count === null) return null;
    if (Number(count) === 0 && wants === 0) sessions.letGo(session, name, PERMITS);
    return Number(count);
  }

  listenForPermits(session: string, name: string, listener: () => void): () => void {
    const { keys, news } = this.parts;
    return news.listen(`${keys.ofKey(name)}:permits:${session}`, (about) => {
      if (about === null || about === name) listener();
    });
  }

  async enter(name: string, limit: number, { runId, position }: RunInLine): Promise<boolean> {
    return Number(await this.inLine(ENTER_LINE, name, numberOf(limit), runId, position)) === 1;
  }

  async leave(name: string, { runId, position }: RunInLine): Promise<Called[]> {
    return calledOf(await this.inLine(LEAVE_LINE, name, runId, position));
  }

  async admit(name: string, limit?: number): Promise<Called[]> {
    return calledOf(await this.inLine(ADMIT, name, limit === undefined ? "" : numberOf(limit)));
  }

  async lines(): Promise<string[]> {
    const lines = `${this.parts.keys.partitions[0]!}:lines`;
    return this.parts.connection.read((client) => client.smembers(lines));
  }

  async holders(name: string, most: number): Promise<string[]> {
    return texts(await this.inLine(HOLDERS, name, most));
  }

  async standing(name: string, runId: string): Promise<Standing | null> {
    const [limit, ahead] = texts(await this.inLine(STANDING, name, runId));
    return ahead === undefined ? null : { limit: Number(limit), ahead: Number(ahead) };
  }

  private inLine(script: Script, ...args: (string | number)[]): Promise<Reply> {
    const { connection, keys } = this.parts;
    return connection.run(script, keys.partitions[0]!, ...args);
  }
}

/** What has no limit is more than there will ever be. */
function numberOf(limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER);
}

function calledOf(reply: Reply): Called[] {
  return rows(texts(reply), 2).map(([runId, number]) => ({
    runId: runId!,
    number: Number(number),
  }));
}
