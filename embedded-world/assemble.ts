/** The groups of the contract on one database, wherever that is kept. */
import { createWorldAuth } from "../lib/auth/signed-messages";
import type { ThreadDoor, World } from "../lib/contract/world";
import { EmbeddedBundles } from "./bundles";
import { Claims } from "./claims";
import type { Database } from "./database";
import { EmbeddedDispatch } from "./dispatch";
import type { Lock } from "./executor-lock";
import { EmbeddedFollowUps } from "./follow-ups";
import { EmbeddedHooks } from "./hooks";
import { EmbeddedInbox } from "./inbox";
import type { News } from "./news";
import { EmbeddedPermits } from "./permits";
import { EmbeddedRuns } from "./runs";
import { EmbeddedStreams } from "./streams";

export interface WorldParts {
  name: string;
  database: Database;
  /** Who has it executes. */
  lock: Lock;
  news: News;
  /** What survives what, in a sentence. */
  guarantee: string;
  thread?: ThreadDoor;
}

export function assembleWorld(parts: WorldParts): World {
  const { name, database, lock, news, guarantee, thread } = parts;
  const claims = new Claims(database);
  return {
    name,
    runs: new EmbeddedRuns(database, news, claims),
    inbox: new EmbeddedInbox(database, news, claims),
    hooks: new EmbeddedHooks(database),
    dispatch: new EmbeddedDispatch(database, claims, lock, news),
    bundles: new EmbeddedBundles(database),
    streams: new EmbeddedStreams(database, news),
    followUps: new EmbeddedFollowUps(database, news),
    permits: new EmbeddedPermits(database),
    auth: createWorldAuth({ now: async () => database.now() }),
    ...(thread && { thread }),
    now: async () => database.now(),
    start: async () => guarantee,
    async close() {
      lock.release();
      database.close();
      news.close();
    },
  };
}
