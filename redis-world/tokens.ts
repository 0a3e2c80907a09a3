/**
 * Who holds a custom token (W4). The token has a slot of its own and its hook is in the partition of
 * its run, so no script sees both:
 *
 * - T1 The reservation comes first, and the log decides: an append confirms it, in its partition.
 * - T2 A reservation is taken over only when its hook is gone, or when it is old, not confirmed, and
 *   nobody has the run. An owner reserves in each claim anew, so one that comes later is told.
 * - T3 A token that is free is noted by the append that frees it, and given back afterwards. Until
 *   then T2 lets others have it all the same.
 */
import type { ReserveOutcome } from "../lib/contract/world";
import { type Connection, texts } from "./connection";
import type { Keys } from "./keys";
import { FREE_TOKEN } from "./scripts/free-token";
import { HOOK_STATE } from "./scripts/hook-state";
import { RESERVE_TOKEN } from "./scripts/reserve-token";

export class Tokens {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    /** A reservation that no append has confirmed by then may be taken over. */
    private readonly reservedMs: number,
  ) {}

  async reserve(token: string, runId: string, call: string): Promise<ReserveOutcome> {
    let expected = ["", "", ""];
    for (;;) {
      const key = this.keys.token(token);
      const reply = await this.connection.run(RESERVE_TOKEN, key, runId, call, ...expected);
      const [holder, holderCall, at, age] = texts(reply);
      if (holder === undefined) return { status: "reserved" };
      const state = await this.stateOf(holder, holderCall!, token);
      const isLapsed = state === "open" && Number(age) > this.reservedMs;
      if (state !== "gone" && !isLapsed) return { status: "taken", runId: holder };
      // If the holder reserves again meanwhile, it is not what was expected, and this begins anew.
      expected = [holder, holderCall!, at!];
    }
  }

  async holderOf(token: string): Promise<string | null> {
    return this.connection.ask((client) => client.hget(this.keys.token(token), "run"));
  }

  /** Tokens of hooks that are gone. */
  async giveBack(partition: string): Promise<void> {
    const freed = `${partition}:freed`;
    const entries = await this.connection.ask((client) => client.smembers(freed));
    for (const entry of entries) {
      const [token, runId, call] = JSON.parse(entry) as [string, string, string];
      await this.connection.run(FREE_TOKEN, this.keys.token(token), runId, call);
      // crash here: it is given back once more, which changes nothing.
      await this.connection.ask((client) => client.srem(freed, entry));
    }
  }

  private async stateOf(runId: string, call: string, token: string): Promise<string> {
    return String(
      await this.connection.run(HOOK_STATE, this.keys.ofRun(runId), runId, call, token),
    );
  }
}
