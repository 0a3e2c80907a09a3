/** The Redis world: runs on a Redis server or cluster that many processes share. */
import { createWorldAuth } from "../lib/auth/signed-messages";
import type { World } from "../lib/contract/world";
import { bootFrom, type ServerOptions } from "./boot";
import { RedisBundles } from "./bundles";
import { RedisDispatch } from "./dispatch";
import { installDoorbell, type DeliveryOptions } from "./delivery";
import { DuePlaces } from "./due-places";
import { findFault } from "./fault";
import { RedisFollowUps } from "./follow-ups";
import { RedisHooks } from "./hooks";
import { RedisInbox } from "./inbox";
import { News } from "./news";
import { RedisPermits } from "./permits";
import { Rings } from "./rings";
import { RunKeys } from "./run-keys";
import { RedisRuns } from "./runs";
import { TELL_TIME } from "./scripts/tell-time";
import { OwnSessions } from "./sessions";
import { RedisSteps } from "./steps";
import { RedisStreams } from "./streams";
import { threadDoor } from "./thread-door";
import { Tokens } from "./tokens";

export type { Durability } from "./guarantee";

export interface RedisWorldOptions extends ServerOptions, DeliveryOptions {
  /** How long what a process owns stays its own without a sign of life. */
  leaseMs?: number;
  /** How long a custom token is kept for a hook that does not come. */
  reservedMs?: number;
}

const USUAL_LEASE_MS = 4_000;
const USUAL_RESERVED_MS = 60_000;

export function createRedisWorld(options: RedisWorldOptions = {}): World {
  const { leaseMs = USUAL_LEASE_MS, reservedMs = USUAL_RESERVED_MS } = options;
  const { connection, keys, start } = bootFrom(options);
  const news = new News(connection);
  const tokens = new Tokens(connection, keys, reservedMs);
  const bundles = new RedisBundles(connection, keys);
  const runKeys = new RunKeys(connection, keys);
  const sessions = new OwnSessions(keys);
  const due = new DuePlaces(keys);
  const rings = new Rings(keys, sessions, due);
  const dispatch = new RedisDispatch({ connection, keys, news, sessions, rings, due }, leaseMs);
  const thread = threadDoor(__filename, { ...options, leaseMs });
  let lastTime = 0;
  const now = async () => {
    const time = Number(await connection.run(TELL_TIME, keys.partitions[0]!));
    lastTime = Math.max(lastTime, time);
    return lastTime;
  };
  const auth = createWorldAuth({ now });
  const { doorbell, startHearing } = installDoorbell(options, { connection, keys, rings, auth });
  return {
    name: "redis",
    runs: new RedisRuns({ connection, keys, news, tokens, bundles, runKeys, rings, sessions }),
    inbox: new RedisInbox(connection, keys, rings, sessions),
    hooks: new RedisHooks(connection, keys, tokens),
    dispatch,
    bundles,
    streams: new RedisStreams(connection, keys, news),
    followUps: new RedisFollowUps(connection, keys, rings),
    permits: new RedisPermits({ connection, keys, news, sessions }, leaseMs),
    steps: new RedisSteps(connection, keys, rings, sessions, leaseMs),
    auth,
    ...(thread && { thread }),
    now,
    check: () => findFault(connection),
    async start() {
      const guarantee = await start();
      await startHearing();
      return guarantee;
    },
    async close() {
      if (connection.isOpen) await dispatch.closeSessions();
      await doorbell.close();
      connection.close();
      news.stop();
    },
  };
}
