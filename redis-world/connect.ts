/**
 * Makes the clients of a world. All that is under way fails when a connection does, and nothing is sent
 * again by itself, which the caller decides (C1 in connection.ts); what they have from the app is where
 * to go and who they are.
 */
import type { Cluster, ClusterOptions, Redis, RedisOptions } from "ioredis";
import { loadIoredis } from "./drivers";

export type Client = Redis | Cluster;

/** A server that answers nothing for so long is taken to be cut off. */
const SILENT_MS = 5_000;
const CONNECTS_WITHIN_MS = 3_000;
const LONGEST_PAUSE_MS = 1_000;

const CONNECTION_OPTIONS = {
  ...{ maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
  ...{ socketTimeout: SILENT_MS, connectTimeout: CONNECTS_WITHIN_MS },
  // What was to be said has been said by then.
  disconnectTimeout: 100,
  // A connection to what is a replica now leads to whoever has its place.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  // As the scripts and their answers are written.
  ...{ keyPrefix: "", stringNumbers: false, enableAutoPipelining: false, readOnly: false },
  ...{ enableOfflineQueue: true, enableReadyCheck: true, monitor: false, lazyConnect: true },
} as const satisfies RedisOptions;

const pauseBefore = (times: number) => Math.min(50 * times, LONGEST_PAUSE_MS);

const SERVER_OPTIONS: RedisOptions = {
  ...CONNECTION_OPTIONS,
  retryStrategy: pauseBefore,
  // An app that gives up when no Sentinel answers would take the world along, for ever.
  sentinelRetryStrategy: pauseBefore,
};

const CLUSTER_OPTIONS: ClusterOptions = {
  ...{ retryDelayOnFailover: 0, scaleReads: "master", enableAutoPipelining: false },
  ...{ enableOfflineQueue: true, lazyConnect: true, keyPrefix: "" },
};

/** Addresses of a cluster may be several nodes of it, with commas between them. */
export function connect(url: string, isClustered: boolean): Client {
  const { Cluster, Redis } = loadIoredis();
  const urls = url.split(",").map((each) => each.trim());
  if (!isClustered) return new Redis(url, SERVER_OPTIONS);
  const { username, password, protocol } = new URL(urls[0]!);
  const redisOptions = {
    ...CONNECTION_OPTIONS,
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
  return new Cluster(urls, { ...CLUSTER_OPTIONS, redisOptions });
}

/** One that goes where the app's client goes, and is not that. */
export function connectLike(client: Client): Client {
  if (!isCluster(client)) return client.duplicate(SERVER_OPTIONS);
  const redisOptions = { ...client.options.redisOptions, ...CONNECTION_OPTIONS };
  return client.duplicate([], { ...CLUSTER_OPTIONS, redisOptions });
}

export function isCluster(client: Client): client is Cluster {
  return client.isCluster;
}

/** The servers that hold data. */
export function mastersOf(client: Client): Redis[] {
  return isCluster(client) ? client.nodes("master") : [client];
}
