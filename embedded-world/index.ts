/** The embedded world: runs in SQLite in a folder, with nothing to install or to start. */
import type { World } from "../lib/contract/world";
import { EmbeddedBundles } from "./bundles";
import { Database } from "./database";
import { EmbeddedDispatch } from "./dispatch";
import { ExecutorLock } from "./executor-lock";
import { EmbeddedFollowUps } from "./follow-ups";
import { EmbeddedHooks } from "./hooks";
import { EmbeddedInbox } from "./inbox";
import { News } from "./news";
import { EmbeddedRuns } from "./runs";
import { EmbeddedStreams } from "./streams";
import { usualFolder } from "./usual-folder";

export interface EmbeddedWorldOptions {
  /**
   * WORKFLOW_EMBEDDED_DATA_DIR, or `.workflow-data` in the working folder, unless it is given. Tests
   * have folders of their own in there, one for each worker of the test runner.
   */
  dataDir?: string;
  /** Also survives the loss of power, at the cost of a disk write for each step. */
  fsync?: boolean;
}

export function createEmbeddedWorld(options: EmbeddedWorldOptions = {}): World {
  const { dataDir = usualFolder() } = options;
  const { fsync = false } = options;
  const database = new Database({ dataDir, fsync });
  const lock = new ExecutorLock(dataDir);
  const news = new News(database);
  const dispatch = new EmbeddedDispatch(database, lock, news);
  return {
    name: "embedded",
    runs: new EmbeddedRuns(database, news),
    inbox: new EmbeddedInbox(database, news),
    hooks: new EmbeddedHooks(database),
    dispatch,
    bundles: new EmbeddedBundles(database),
    streams: new EmbeddedStreams(database, news),
    followUps: new EmbeddedFollowUps(database),
    thread: { module: __filename, create: createEmbeddedWorld.name, options: { dataDir, fsync } },
    now: async () => database.now(),
    async start() {
      const survives = fsync
        ? "a crash of the process and the loss of power"
        : "a crash of the process";
      return `Runs are kept in ${dataDir}; what is acknowledged survives ${survives}.`;
    },
    async close() {
      lock.release();
      database.close();
      news.close();
    },
  };
}
