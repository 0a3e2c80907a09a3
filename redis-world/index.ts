/** The Redis world: runs on a Redis server or cluster that many processes share. */
import { createWorldAuth } from "../lib/auth/signed-messages";
import { WorldError } from "../lib/contract/error";
import type { World } from "../lib/contract/world";
import { RedisBundles } from "./bundles";
import { type Client, Connection } from "./connection";
import { RedisDispatch } from "./dispatch";
import { RedisFollowUps } from "./follow-ups";
import { describeGuarantee } from "./guarantee";
import { RedisHooks } from "./hooks";
import { RedisInbox } from "./inbox";
import { Keys } from "./keys";
import { News } from "./news";
import { RedisRuns } from "./runs";
import { TELL_TIME } from "./scripts/tell-time";
import { RedisStreams } from "./streams";
import { Tokens } from "./tokens";

export interface RedisWorldOptions {
  /** WORKFLOW_REDIS_URL, or the server of this machine, unless it is given. */
  url?: string;
  /** Ahead of all keys; worlds with different ones know nothing of each other. No braces. */
  prefix?: string;
  /** Whether the address is a node of a Redis Cluster. */
  isCluster?: boolean;
  /** A client of ioredis that the app has; it stays open when the world is closed. */
  client?: Client;
  /** How long what a process owns stays its own without a sign of life. */
  leaseMs?: number;
  /** How long a custom token is kept for a hook that does not come. */
  reservedMs?: number;
}

const USUAL_URL = "redis://127.0.0.1:6379";
const USUAL_PREFIX = "everstep";
const USUAL_LEASE_MS = 30_000;
const USUAL_RESERVED_MS = 60_000;

/** Of the keys and what is in them. */
const FORMAT = 1;

export function createRedisWorld(options: RedisWorldOptions = {}): World {
  const { url = process.env["WORKFLOW_REDIS_URL"] || USUAL_URL, isCluster = false } = options;
  const { prefix = USUAL_PREFIX, client } = options;
  const { leaseMs = USUAL_LEASE_MS, reservedMs = USUAL_RESERVED_MS } = options;
  const keys = new Keys(prefix);
  const connection = new Connection({ url, isCluster, ...(client && { client }) });
  const news = new News(connection);
  const tokens = new Tokens(connection, keys, reservedMs);
  const bundles = new RedisBundles(connection, keys);
  const dispatch = new RedisDispatch(connection, keys, news, leaseMs);
  let lastTime = 0;
  const now = async () => {
    const time = Number(await connection.run(TELL_TIME, keys.partitions[0]!));
    lastTime = Math.max(lastTime, time);
    return lastTime;
  };
  return {
    name: "redis",
    runs: new RedisRuns({ connection, keys, news, tokens, bundles }),
    inbox: new RedisInbox(connection, keys),
    hooks: new RedisHooks(connection, keys, tokens),
    dispatch,
    bundles,
    streams: new RedisStreams(connection, keys, news),
    followUps: new RedisFollowUps(connection, keys, news),
    auth: createWorldAuth({ now }),
    now,
    async start() {
      await checkLayout(connection, keys);
      return connection.ask((started) => describeGuarantee(started, connection.address));
    },
    async close() {
      if (connection.isOpen) await dispatch.closeSessions();
      connection.close();
      news.stop();
    },
  };
}

/** Fixed at first use: with another number of partitions, runs would be looked for where they are not. */
async function checkLayout(connection: Connection, keys: Keys): Promise<void> {
  const layout = `format ${FORMAT}, partitions ${Keys.PARTITIONS}`;
  const found = await connection.ask(async (client) => {
    await client.setnx(keys.layout, layout);
    return client.get(keys.layout);
  });
  if (found === layout) return;
  const message = `The data in ${connection.address} under "${keys.prefix}" has ${found}, and this version reads ${layout}`;
  throw new WorldError("DATA_FORMAT_NOT_SUPPORTED", message);
}
