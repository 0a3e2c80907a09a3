/**
 * Who executes: the process that holds a transaction open on `lock.db`. The kernel frees the lock when
 * the process ends, however it ends, so nobody has to guess whether it is still there.
 */
import path from "node:path";
import { type Connection, openConnection } from "./sqlite";

export interface Lock {
  readonly isHeld: boolean;
  /** False while another process, or another world of this one, holds it. */
  tryAcquire(): boolean;
  release(): void;
}

/** A connection that nobody knows is closed by the garbage collector, and its lock with it. */
const held = new Set<Connection>();

export class ExecutorLock implements Lock {
  private connection: Connection | null = null;

  constructor(private readonly dataDir: string) {}

  get isHeld(): boolean {
    return this.connection !== null;
  }

  tryAcquire(): boolean {
    if (this.connection) return true;
    const connection = openConnection(path.join(this.dataDir, "lock.db"));
    try {
      connection.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    } catch (error) {
      connection.close();
      if (/locked|busy/i.test((error as Error).message)) return false;
      throw error;
    }
    this.connection = connection;
    held.add(connection);
    return true;
  }

  release(): void {
    if (!this.connection) return;
    held.delete(this.connection);
    this.connection.close();
    this.connection = null;
  }
}
