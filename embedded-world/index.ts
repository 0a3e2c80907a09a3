/** The embedded world: runs in SQLite in a folder, with nothing to install or to start. */
import type { World } from "../lib/contract/world";
import { assembleWorld } from "./assemble";
import { Database } from "./database";
import { ExecutorLock } from "./executor-lock";
import { News } from "./news";
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
  const survives = fsync
    ? "a crash of the process and the loss of power"
    : "a crash of the process";
  return assembleWorld({
    name: "embedded",
    database,
    lock: new ExecutorLock(dataDir),
    news: new News(database),
    guarantee: `Runs are kept in ${dataDir}; what is acknowledged survives ${survives}.`,
    thread: { module: __filename, create: createEmbeddedWorld.name, options: { dataDir, fsync } },
  });
}
