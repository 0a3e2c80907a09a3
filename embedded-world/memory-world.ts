/**
 * The embedded world in the memory of this process: the same tables and the same code, for tests. Its
 * time is that of whoever made it. No other process has a part in it, so nothing is polled or locked.
 */
import type { World } from "../lib/contract/world";
import { assembleWorld } from "./assemble";
import { Database } from "./database";
import type { Lock } from "./executor-lock";
import { News } from "./news";

/** `clock` gives world time in milliseconds, and never goes back. */
export function createMemoryWorld(name: string, clock: () => number): World {
  const database = new Database({ dataDir: null, fsync: false, clock });
  return assembleWorld({
    name,
    database,
    lock: new MemoryLock(),
    news: new News(database, false),
    guarantee:
      "Runs are kept in the memory of this process, and are gone when the world is closed.",
  });
}

class MemoryLock implements Lock {
  isHeld = false;

  tryAcquire(): boolean {
    return (this.isHeld = true);
  }

  release(): void {
    this.isHeld = false;
  }
}
