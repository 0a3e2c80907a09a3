/**
 * Who has the key of a run, where the two are in different partitions: an id that somebody chose, or
 * that of a start in a step, says another place than the key. No script sees both:
 *
 * - A1 The reservation comes first, in the partition of the key. The run comes to life only while that
 *   counts, in its own partition (`ifReserved`).
 * - A2 A reservation is taken over only from a run that can have the key no more: it is over, or it is
 *   not there and was barred from coming with that reservation.
 * - A3 Whoever finds a reservation whose run is not there yet waits a moment for it, and bars it then.
 * - A4 What is left of runs that are over is taken away bit by bit; until then A2 lets others have it.
 */
import { type Argument, type Connection, type Reply, rows, texts } from "./connection";
import type { Keys } from "./keys";
import { CREATE_RUN } from "./scripts/create-run";
import type { REOPEN_RUN } from "./scripts/reopen-run";
import {
  AWAY_KEYS,
  CREATE_RESERVED,
  FREE_KEY,
  KEY_HOLDER,
  KEY_STATE,
  REOPEN_RESERVED,
  RESERVE_KEY,
} from "./scripts/run-keys";

/** A run that was reserved for is there by then, unless whoever made it is gone. */
const COMES_WITHIN_MS = 1_000;
const LOOK_AGAIN_MS = 20;
/** How many are looked at each time that something may be taken away. */
const SWEPT_AT_ONCE = 20;

interface Holder {
  key: string;
  runId: string;
  /** Time of the reservation. */
  at: string;
  age: number;
}

type Reserved = { at: string } | { takenBy: string };

export class RunKeys {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
  ) {}

  isAway(runId: string, key: string | undefined): key is string {
    return key !== undefined && this.keys.ofKey(key) !== this.keys.ofRun(runId);
  }

  /** The script makes a run live, with its key if it has one; gives what the script does. */
  async enliven(
    script: typeof CREATE_RUN | typeof REOPEN_RUN,
    runId: string,
    key: string | undefined,
    args: readonly Argument[],
  ): Promise<string[]> {
    const partition = this.keys.ofRun(runId);
    const reserving = script === CREATE_RUN ? CREATE_RESERVED : REOPEN_RESERVED;
    for (;;) {
      let answer: string[];
      if (this.isAway(runId, key)) {
        const reserved = await this.reserve(runId, key);
        if ("takenBy" in reserved) return ["key_taken", reserved.takenBy];
        // crash here: nobody has the key, and others bar this run from it before they take it.
        const own = [runId, reserved.at, ...args];
        answer = texts(await this.connection.run(reserving, partition, ...own));
        if (answer[0] !== "key_late") return answer;
      } else {
        answer = texts(await this.connection.run(script, partition, ...args));
        if (answer[0] !== "key_taken" || !(await this.isFreeOf(answer[1]!, key!))) return answer;
      }
    }
  }

  private async reserve(runId: string, key: string): Promise<Reserved> {
    let [expectedRun, expectedAt] = ["", ""];
    for (;;) {
      const args = [key, runId, expectedRun, expectedAt];
      const reply = await this.connection.run(RESERVE_KEY, this.keys.ofKey(key), ...args);
      const [at, ...found] = texts(reply);
      if (at !== "") return { at: at! };
      const holder = holderOf(key, found);
      if (!(await this.isOver(holder))) return { takenBy: holder.runId };
      // If another takes it over first, this is not what is expected, and begins anew.
      [expectedRun, expectedAt] = [holder.runId, holder.at];
    }
  }

  /** Whether the run, which was found to have the key, can have it no more; then it has lost it. */
  private async isFreeOf(runId: string, key: string): Promise<boolean> {
    if (!this.isAway(runId, key)) return false;
    const holder = await this.holderOf(key);
    if (holder?.runId !== runId) return true;
    if (!(await this.isOver(holder))) return false;
    await this.free(holder);
    return true;
  }

  /** Some keys of a partition whose runs can have them no more. */
  async sweep(partition: string): Promise<void> {
    const reply = await this.connection.run(AWAY_KEYS, partition, SWEPT_AT_ONCE);
    for (const [key, ...found] of rows(texts(reply), 4)) {
      const holder = holderOf(key!, found);
      if ((await this.stateOf(holder, isLate(holder))) === "gone") await this.free(holder);
    }
  }

  private async isOver(holder: Holder): Promise<boolean> {
    if (holder.at === "") return false;
    let seen: Holder | null = holder;
    while (seen !== null && seen.at === holder.at) {
      const state = await this.stateOf(holder, isLate(seen));
      if (state !== "open") return state === "gone";
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      seen = await this.holderOf(holder.key);
    }
    return true;
  }

  private async holderOf(key: string): Promise<Holder | null> {
    const found = texts(await this.connection.run(KEY_HOLDER, this.keys.ofKey(key), key));
    return found.length === 0 ? null : holderOf(key, found);
  }

  private async stateOf({ runId, key, at }: Holder, isBarred: boolean): Promise<Reply> {
    const args = [runId, key, at, isBarred ? "bar" : ""];
    return this.connection.run(KEY_STATE, this.keys.ofRun(runId), ...args);
  }

  private async free({ key, runId, at }: Holder): Promise<void> {
    await this.connection.run(FREE_KEY, this.keys.ofKey(key), key, runId, at);
  }
}

function holderOf(key: string, [runId, at, age]: readonly string[]): Holder {
  return { key, runId: runId!, at: at!, age: Number(age) };
}

function isLate({ age }: Holder): boolean {
  return age > COMES_WITHIN_MS;
}
