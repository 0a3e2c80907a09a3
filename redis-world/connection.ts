/**
 * The connection of a world for commands, and whatever else listens or waits on its own.
 *
 * - C1 A command that writes is executed once at most. If its answer is lost the caller hears so, and
 *   knows whether it may ask again (W8). Only what the server has refused without doing anything, and
 *   what only reads, is sent again here, within a bound.
 * - C2 A script that the server does not know is sent as text, which runs it and makes it known.
 * - C3 In a cluster each script names two keys of its slot of which one is never there. While a slot is
 *   on its way to another node, both nodes refuse that. Else a script would run where some of the keys
 *   that it makes of its first one are not, or not any more.
 * - C4 Nothing is read or written before the data was found to be of this layout.
 */
import type { Redis } from "ioredis";
import { WorldError } from "../lib/contract/error";
import { type Client, connect, connectLike, isCluster } from "./connect";
import { failureOf, isGone, isNotNow, isUnknownScript } from "./failure";
import type { Script } from "./scripts/script";

export type { Client } from "./connect";
export type Argument = string | number;

/** What a script gives. */
export type Reply = string | number | null | Reply[];

/** A shorter outage is not noticed by those who come during it. A route answers in time all the same. */
const SERVED_WITHIN_MS = 1_500;
const ASK_AGAIN_MS = 50;
/** What the second key of a script has behind the first one. */
const NEVER_THERE = ":whole";

export interface ConnectionOptions {
  url: string;
  isCluster: boolean;
  /** Of the app: where it goes to, this goes to as well. `url` and `isCluster` are not looked at then. */
  client?: Client;
  /** Ahead of everything else that is asked. */
  check?: (client: Client) => Promise<void>;
}

/** Sends scripts whose effect has to be safe before anybody hears of it. */
export interface SafeWrites {
  concern(script: Script): boolean;
  run(script: Script, key: string, args: readonly Argument[]): Promise<Reply>;
  close(): void;
}

export class Connection {
  readonly client: Client;
  /** Without a password. */
  readonly address: string;
  /** Null while nothing is waited for. */
  writes: SafeWrites | null = null;
  private checking: Promise<void> | null = null;
  private isChecked: boolean;
  private isClosed = false;
  private changing: Promise<void> | null = null;

  constructor(private readonly options: ConnectionOptions) {
    const { url, client } = options;
    this.client = client ? connectLike(client) : connect(url, options.isCluster);
    this.address = client ? "the Redis of the app" : withoutPassword(url);
    this.isChecked = options.check === undefined;
    // What fails is told to whoever asked; without a listener it would be printed as well.
    this.client.on("error", () => undefined);
  }

  get isOpen(): boolean {
    return this.client.status === "ready";
  }

  async run(script: Script, key: string, ...args: Argument[]): Promise<Reply> {
    if (!this.isChecked) await this.ask(() => Promise.resolve());
    if (this.writes?.concern(script)) return this.writes.run(script, key, args);
    const sends = async (client: Client) => {
      const keys = keysOf(client, key);
      try {
        return (await client.evalsha(script.sha, keys.length, ...keys, ...args)) as Reply;
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return (await client.eval(script.text, keys.length, ...keys, ...args)) as Reply;
      }
    };
    return script.changesNothing ? this.read(sends) : this.ask(sends);
  }

  /** Commands that change nothing: what a broken connection took along is asked again. */
  read<T>(action: (client: Client) => Promise<T>): Promise<T> {
    return this.ask(action, SERVED_WITHIN_MS, (error) => isNotNow(error) || isGone(error));
  }

  /** Runs commands; what goes wrong with the server is an error with a code. */
  async ask<T>(
    action: (client: Client) => Promise<T>,
    withinMs: number = SERVED_WITHIN_MS,
    isRepeatable: (error: unknown) => boolean = isNotNow,
  ): Promise<T> {
    const giveUpAt = performance.now() + withinMs;
    for (;;) {
      if (this.isClosed) throw new WorldError("WORLD_CLOSED", "The world was closed");
      try {
        if (!this.isOpen) await this.becomesReady(giveUpAt - performance.now());
        if (!this.isChecked) await this.check();
        return await action(this.client);
      } catch (error) {
        const isInTime = performance.now() + ASK_AGAIN_MS < giveUpAt;
        if (!isRepeatable(error) || !isInTime) throw failureOf(error, this.address);
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  /** Whoever comes meanwhile waits for the same check, and one that failed is made again. */
  private check(): Promise<void> {
    return (this.checking ??= this.options.check!(this.client).then(
      () => void (this.isChecked = true),
      (error: unknown) => {
        this.checking = null;
        throw error;
      },
    ));
  }

  /** A client goes on trying for ever; whoever asks is told soon. */
  private async becomesReady(withinMs: number): Promise<void> {
    const { client } = this;
    if (client.status === "wait") client.connect().catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const tell = () => reject(new Error("it cannot be reached"));
      timer = setTimeout(tell, Math.max(0, withinMs));
    });
    try {
      await Promise.race([this.change(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** All who wait listen together. Rejects when the client has given up. */
  private change(): Promise<void> {
    const { client } = this;
    if (client.status === "ready") return Promise.resolve();
    if (client.status === "end") return Promise.reject(new Error("the connection was closed"));
    this.changing ??= new Promise<void>((resolve, reject) => {
      const done = (settle: () => void) => () => {
        client.off("ready", onReady).off("end", onEnd);
        this.changing = null;
        settle();
      };
      const onReady = done(resolve);
      const onEnd = done(() => reject(new Error("the connection was closed")));
      client.on("ready", onReady).on("end", onEnd);
    });
    // Those who wait may all have gone by then.
    this.changing.catch(() => undefined);
    return this.changing;
  }

  /**
   * A connection of its own for messages, which ends when it breaks. In a cluster any node will do,
   * since they pass messages on; null while none is known.
   */
  openListener(): Redis | null {
    const own = { retryStrategy: () => null, lazyConnect: false, enableOfflineQueue: true };
    if (!isCluster(this.client)) return this.client.duplicate(own);
    if (this.client.status === "wait") this.client.connect().catch(() => undefined);
    const nodes = this.client.nodes("all");
    const node = nodes[Math.floor(Math.random() * nodes.length)];
    return node ? node.duplicate(own) : null;
  }

  close(): void {
    this.isClosed = true;
    this.writes?.close();
    this.client.disconnect();
  }
}

/** C3. */
export function keysOf(client: Client, key: string): string[] {
  return isCluster(client) ? [key, key + NEVER_THERE] : [key];
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/g, "//");
}

/** A script's list, as texts. */
export function texts(reply: Reply): string[] {
  return (reply as Reply[]).map(String);
}

/** Lists of a fixed length out of a flat one. */
export function rows(flat: readonly string[], length: number): string[][] {
  const count = Math.floor(flat.length / length);
  return Array.from({ length: count }, (_, row) => flat.slice(row * length, (row + 1) * length));
}
