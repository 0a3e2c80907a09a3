/**
 * Writes of which nobody hears before they are safe beyond the memory of one server: on its disk, or on
 * a replica (P1).
 *
 * - A1 What waits for that is sent right behind the writes, on the same connection, so it takes no round
 *   trip of its own. What is written in one turn of the event loop shares it.
 * - A2 The server answers nothing else on that connection meanwhile, so it is one of its own.
 * - A3 A write that was not confirmed in time is an error, although it is there: whoever asks again (W8)
 *   waits for it again.
 */
import type { ChainableCommander } from "ioredis";
import { WorldError } from "../lib/contract/error";
import { isCluster } from "./connect";
import {
  type Argument,
  Connection,
  type ConnectionOptions,
  keysOf,
  type Reply,
  type SafeWrites,
} from "./connection";
import { failureOf, isElsewhere, isNotNow, isUnknownScript } from "./failure";
import { APPEND } from "./scripts/append";
import { PUT_BUNDLE_TEXT } from "./scripts/bundles";
import { CANCEL_RUN } from "./scripts/cancel-run";
import { CREATE_RUN } from "./scripts/create-run";
import { KEEP_FOR_END } from "./scripts/follow-ups";
import { KEEP_TOKEN } from "./scripts/keep-token";
import { FINISH_STEP } from "./scripts/offers";
import { REOPEN_RUN } from "./scripts/reopen-run";
import { RESERVE_TOKEN } from "./scripts/reserve-token";
import { CREATE_RESERVED, REOPEN_RESERVED, RESERVE_KEY } from "./scripts/run-keys";
import type { Script } from "./scripts/script";
import { SEND_MESSAGE } from "./scripts/send-message";
import { CLOSE_STREAM, WRITE_CHUNKS } from "./scripts/streams";

/** What somebody is told of, or relies on. All else can be lost and is made again. */
export const ACKNOWLEDGED: ReadonlySet<Script> = new Set([
  ...[CREATE_RUN, CREATE_RESERVED, REOPEN_RUN, REOPEN_RESERVED, APPEND, CANCEL_RUN, SEND_MESSAGE],
  ...[FINISH_STEP],
  ...[KEEP_FOR_END, WRITE_CHUNKS, CLOSE_STREAM, PUT_BUNDLE_TEXT],
  ...[RESERVE_TOKEN, KEEP_TOKEN, RESERVE_KEY],
]);

/** What is waited for. */
export type Confirmation = "disk" | "replica";

const CONFIRMED_WITHIN_MS = 1_000;
const COMMANDS: Record<Confirmation, readonly [string, ...number[]]> = {
  disk: ["WAITAOF", 1, 0, CONFIRMED_WITHIN_MS],
  replica: ["WAIT", 1, CONFIRMED_WITHIN_MS],
};
/** So often a write is sent that was refused without being done; a pause lies between two of them. */
const MOST_TRIES = 30;
const PAUSE_MS = 50;

interface Write {
  script: Script;
  key: string;
  args: readonly Argument[];
  tries: number;
  asText: boolean;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

type Result = [error: Error | null, reply?: unknown];

export class AcknowledgedWrites implements SafeWrites {
  private readonly connection: Connection;
  /** By what they can be sent with: in a cluster, those of the same slot. */
  private readonly waiting = new Map<string, Write[]>();

  constructor(
    options: ConnectionOptions,
    private readonly confirmation: Confirmation,
  ) {
    this.connection = new Connection(options);
  }

  concern(script: Script): boolean {
    return ACKNOWLEDGED.has(script);
  }

  run(script: Script, key: string, args: readonly Argument[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.add({ script, key, args, tries: 0, asText: false, resolve, reject });
    });
  }

  close(): void {
    this.connection.close();
  }

  private add(write: Write): void {
    const group = isCluster(this.connection.client) ? write.key : "";
    const others = this.waiting.get(group);
    if (others) return void others.push(write);
    this.waiting.set(group, [write]);
    queueMicrotask(() => {
      const writes = this.waiting.get(group)!;
      this.waiting.delete(group);
      void this.send(writes);
    });
  }

  private async send(writes: readonly Write[]): Promise<void> {
    try {
      const results = await this.connection.ask((client) => {
        const pipeline = client.pipeline();
        for (const write of writes) append(pipeline, write, keysOf(client, write.key));
        pipeline.call(...COMMANDS[this.confirmation]);
        return pipeline.exec() as Promise<Result[]>;
      });
      const isConfirmed = countOf(results.at(-1)!) > 0;
      writes.forEach((write, at) => this.finish(write, results[at]!, isConfirmed));
    } catch (error) {
      for (const write of writes) write.reject(error);
    }
  }

  private finish(write: Write, [error, reply]: Result, isConfirmed: boolean): void {
    if (error) return this.failed(write, error);
    if (isConfirmed) return write.resolve(reply as Reply);
    const said = this.confirmation === "disk" ? "The disk has not" : "No replica has";
    const message = `${said} confirmed a write to Redis (${this.connection.address}) within ${CONFIRMED_WITHIN_MS} ms`;
    write.reject(new WorldError("REDIS_NOT_CONFIRMED", message));
  }

  private failed(write: Write, error: Error): void {
    const { script, tries } = write;
    if (isUnknownScript(error) && !write.asText) return this.add({ ...write, asText: true });
    if (tries >= MOST_TRIES || !(isNotNow(error) || isElsewhere(error))) {
      return write.reject(failureOf(error, this.connection.address));
    }
    const again = () => this.add({ ...write, script, tries: tries + 1 });
    // Who asks for a key learns where its slot is now, and the writes go there.
    const asked = this.connection.ask((client) => client.exists(write.key)).catch(() => undefined);
    void asked.then(() => setTimeout(again, isElsewhere(error) && tries === 0 ? 0 : PAUSE_MS));
  }
}

function append(pipeline: ChainableCommander, write: Write, keys: readonly string[]): void {
  const { script, args, asText } = write;
  if (asText) pipeline.eval(script.text, keys.length, ...keys, ...args);
  else pipeline.evalsha(script.sha, keys.length, ...keys, ...args);
}

/** Of what WAIT or WAITAOF gives: replicas, or whether the disk has it and replicas. */
function countOf([error, reply]: Result): number {
  return error ? 0 : Number(Array.isArray(reply) ? reply[0] : reply);
}
