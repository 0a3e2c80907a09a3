/** Where the runs of a trial are: in its folder, or on a Redis. The folder is there in any case. */
import { createEmbeddedWorld } from "../../embedded-world";
import type { World } from "../../lib/contract/world";
import { createRedisWorld } from "../../redis-world";

/** As `createRedisWorld` takes it. */
export interface RedisPlace {
  url: string;
  /** Each trial has one of its own. */
  prefix: string;
  /** So long the runs of a killed process stay its own. */
  leaseMs: number;
}

export interface Place {
  /** What the bodies say is there, and the embedded world unless `redis` is given. */
  dataDir: string;
  redis?: RedisPlace;
}

export function openPlace({ dataDir, redis }: Place): World {
  return redis ? createRedisWorld(redis) : createEmbeddedWorld({ dataDir });
}
