/**
 * The connections of one world: one for commands, one that listens.
 *
 * - C1 A command is sent once. If its answer is lost the caller hears so, and knows whether it may ask
 *   again (W8); nothing below it repeats commands behind its back.
 * - C2 A script that the server does not know is sent as text, which runs it and makes it known.
 */
import { Cluster, Redis } from "ioredis";
import { WorldError } from "../lib/contract/error";
import type { Script } from "./scripts/script";

export type Client = Redis | Cluster;
export type Argument = string | number;

/** What a script gives. */
export type Reply = string | number | null | Reply[];

/** A shorter outage is not noticed by those who come during it. */
const REACHED_WITHIN_MS = 5_000;

export interface ConnectionOptions {
  url: string;
  isCluster: boolean;
  /** Made by the app, which also ends it; `url` and `isCluster` are not looked at then. */
  client?: Client;
}

export class Connection {
  readonly client: Client;
  /** Without a password. */
  readonly address: string;
  private readonly isOwnClient: boolean;
  private isClosed = false;

  constructor({ url, isCluster, client }: ConnectionOptions) {
    this.isOwnClient = client === undefined;
    this.client = client ?? connect(url, isCluster);
    this.address = client ? "the Redis of the app" : withoutPassword(url);
    // What fails is told to whoever asked; without a listener it would be printed as well.
    if (this.isOwnClient) this.client.on("error", () => undefined);
  }

  get isOpen(): boolean {
    return this.client.status === "ready";
  }

  async run(script: Script, key: string, ...args: Argument[]): Promise<Reply> {
    return this.ask(async (client) => {
      try {
        return (await client.evalsha(script.sha, 1, key, ...args)) as Reply;
      } catch (error) {
        if (!/^NOSCRIPT/.test((error as Error).message)) throw error;
        return (await client.eval(script.text, 1, key, ...args)) as Reply;
      }
    });
  }

  /** Runs commands; what goes wrong with the server is an error with a code. */
  async ask<T>(action: (client: Client) => Promise<T>): Promise<T> {
    if (this.isClosed) throw new WorldError("WORLD_CLOSED", "The world was closed");
    try {
      if (!this.isOpen) await this.becomesReady();
      return await action(this.client);
    } catch (error) {
      const { message } = error as Error;
      const text = `Redis (${this.address}) did not do what it was asked: ${message}`;
      throw new WorldError("STORAGE_FAILED", text, { cause: error });
    }
  }

  /** A client goes on trying for ever; whoever asks is told soon. */
  private async becomesReady(): Promise<void> {
    const { client } = this;
    if (client.status === "wait") client.connect().catch(() => undefined);
    await new Promise<void>((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        client.off("ready", onReady).off("end", onEnd);
        if (error) reject(error);
        else resolve();
      };
      const onReady = () => finish();
      const onEnd = () => finish(new Error("the connection was closed"));
      const timer = setTimeout(() => finish(new Error("it cannot be reached")), REACHED_WITHIN_MS);
      client.on("ready", onReady).on("end", onEnd);
      if (client.status === "end") onEnd();
    });
  }

  /**
   * A connection of its own for messages, which ends when it breaks. In a cluster any node will do,
   * since they pass messages on; null while none is known.
   */
  openListener(): Redis | null {
    const own = { retryStrategy: () => null, lazyConnect: false, enableOfflineQueue: true };
    if (!isCluster(this.client)) return this.client.duplicate(own);
    const nodes = this.client.nodes("all");
    const node = nodes[Math.floor(Math.random() * nodes.length)];
    return node ? node.duplicate(own) : null;
  }

  close(): void {
    this.isClosed = true;
    if (this.isOwnClient) this.client.disconnect();
  }
}

function connect(url: string, isCluster: boolean): Client {
  // All that is under way fails when the connection does, and nothing is sent again by itself (C1).
  const once = {
    ...{ maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
    // What was to be said has been said by then.
    disconnectTimeout: 100,
  };
  if (!isCluster) return new Redis(url, once);
  const { username, password, protocol } = new URL(url);
  return new Cluster([url], {
    retryDelayOnFailover: 0,
    redisOptions: {
      ...once,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === "rediss:" && { tls: {} }),
    },
  });
}

function isCluster(client: Client): client is Cluster {
  return client.isCluster;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
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
