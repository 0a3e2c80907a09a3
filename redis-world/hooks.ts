/** Hooks by token (W4). */
import type { Page, PageQuery } from "../lib/contract/run";
import type { HookRecord, Hooks, ReserveOutcome } from "../lib/contract/world";
import { type Connection, rows, texts } from "./connection";
import type { Keys } from "./keys";
import { readPage } from "./pages";
import { LIST_HOOKS } from "./scripts/list-hooks";
import type { Tokens } from "./tokens";

export class RedisHooks implements Hooks {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly tokens: Tokens,
  ) {}

  async reserve(token: string, runId: string, call: string): Promise<ReserveOutcome> {
    return this.tokens.reserve(token, runId, call);
  }

  async find(token: string): Promise<HookRecord | null> {
    for (const partition of await this.placesOf(token)) {
      const record = await this.connection.read((client) =>
        client.hget(`${partition}:tokens`, token),
      );
      if (record !== null) return JSON.parse(record) as HookRecord;
    }
    return null;
  }

  async list({ runId, ...page }: PageQuery & { runId?: string }): Promise<Page<HookRecord>> {
    const partitions = runId === undefined ? this.keys.partitions : [this.keys.ofRun(runId)];
    return readPage(partitions, page, async (partition, { cursor, limit, order }) => {
      const args = [cursor, limit, order, runId ?? ""];
      const found = texts(await this.connection.run(LIST_HOOKS, partition, ...args));
      return rows(found, 2).map(([number, record]) => ({
        number: Number(number),
        item: JSON.parse(record!) as HookRecord,
      }));
    });
  }

  /** A generated token is not reserved, so where nobody holds it any partition may have it. */
  private async placesOf(token: string): Promise<readonly string[]> {
    const { partitions } = this.keys;
    if (partitions.length === 1) return partitions;
    const holder = await this.tokens.holderOf(token);
    return holder === null ? partitions : [this.keys.ofRun(holder)];
  }
}
