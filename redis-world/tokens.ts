/**
 * Who holds a custom token (W4). The token has a slot of its own and its hook is in the partition of
 * its run, so no script sees both:
 *
 * - T1 The reservation comes first, and the log decides: an append confirms it, in its partition.
 * - T2 A reservation is taken over only when its hook is gone, or when it is old, not confirmed, and
 *   nobody has the run. An owner reserves in each claim anew, so one that comes later is told.
 * - T3 A token that is free is noted by the append that frees it, and given back afterwards. Until
 *   then T2 lets others have it all the same. It is given back for the reservation that was found
 *   before the note, so one that was made since stays.
 * - T4 A run that has failed may have tokens reserved, for its reopening, which nobody owns. So the
 *   reopening says again that it has them, and is refused when half of their time is over: far from
 *   where another could find them old, even if the clocks of two servers differ.
 */
import { runIdOfToken } from "../lib/contract/token";
import type { HookRecord, ReserveOutcome } from "../lib/contract/world";
import { type Connection, texts } from "./connection";
import type { Keys } from "./keys";
import { FREE_TOKEN } from "./scripts/free-token";
import { HOOK_STATE } from "./scripts/hook-state";
import { KEEP_TOKEN } from "./scripts/keep-token";
import { RESERVE_TOKEN } from "./scripts/reserve-token";

export interface Kept {
  /** World time after which another may have them; null if there are none. */
  until: number | null;
  /** The first one that another run has. */
  lost?: { token: string; runId: string };
}

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

  /** The custom tokens among those of a run that is about to be reopened (T4). */
  async keep(runId: string, hooks: readonly HookRecord[]): Promise<Kept> {
    const custom = hooks.filter(({ token }) => runIdOfToken(token) !== runId);
    if (custom.length === 0) return { until: null };
    // A note of the end of the run would still give away what it has from now on.
    await this.giveBack(this.keys.ofRun(runId));
    let first = Infinity;
    for (const { token, call } of custom) {
      const key = this.keys.token(token);
      const [status, more] = texts(await this.connection.run(KEEP_TOKEN, key, runId, call));
      if (status === "taken") return { until: 0, lost: { token, runId: more! } };
      first = Math.min(first, Number(more));
    }
    return { until: first + this.reservedMs / 2 };
  }

  async holderOf(token: string): Promise<string | null> {
    return this.connection.read((client) => client.hget(this.keys.token(token), "run"));
  }

  /** Tokens of hooks that are gone. */
  async giveBack(partition: string): Promise<void> {
    const freed = `${partition}:freed`;
    const entries = await this.connection.read((client) => client.smembers(freed));
    for (const entry of entries) {
      await this.giveBackOne(freed, entry);
      // crash here: it is given back once more, which changes nothing.
      await this.connection.ask((client) => client.srem(freed, entry));
    }
  }

  private async giveBackOne(freed: string, entry: string): Promise<void> {
    const [token, runId, call] = JSON.parse(entry) as [string, string, string];
    const key = this.keys.token(token);
    const at = await this.connection.read((client) => client.hget(key, "at"));
    // A generated token is not reserved.
    if (at === null) return;
    const isNoted = await this.connection.read((client) => client.sismember(freed, entry));
    if (isNoted) await this.connection.run(FREE_TOKEN, key, runId, call, at);
  }

  private async stateOf(runId: string, call: string, token: string): Promise<string> {
    return String(
      await this.connection.run(HOOK_STATE, this.keys.ofRun(runId), runId, call, token),
    );
  }
}
