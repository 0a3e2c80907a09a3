/**
 * The database of one data folder, as one connection of this process; or one in memory, which nobody
 * else can open.
 *
 * - D1 A transaction runs to its end without a pause, so the connection is never in two at once.
 * - D2 It takes the write lock when it begins: what it has read stays true until it commits.
 * - D3 What is written together in one turn of the event loop is committed together, since a commit
 *   costs more than what it commits. Each caller hears of its own part, after the commit.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { WorldError } from "../lib/contract/error";
import { FORMAT, SCHEMA, UPGRADES } from "./schema";
import { type Connection, openConnection, type Statement } from "./sqlite";

/** How long another process may hold the write lock. Its transactions take far below a millisecond. */
const BUSY_MS = 10_000;

/** A checkpoint waits for the disk; fewer of them also write fewer pages twice. 16 MB, 4 of the usual. */
const CHECKPOINT_PAGES = 4_000;

export interface DatabaseOptions {
  /** Null: in memory. */
  dataDir: string | null;
  /** Whether each transaction reaches the disk itself before it is acknowledged. */
  fsync: boolean;
  /** World time where it is not that of this machine; it never goes back. */
  clock?: () => number;
}

interface Waiting {
  /** Gives what tells the caller, once it is committed. */
  run: () => () => void;
  reject: (error: unknown) => void;
}

export class Database {
  private readonly connection: Connection;
  private readonly statements = new Map<string, Statement>();
  /** What the clock showed when it was last not behind. */
  private anchor = { time: 0, asked: performance.now() };
  private isClosed = false;
  private waiting: Waiting[] = [];
  private committed: (() => void)[] = [];
  private readonly clock: (() => number) | undefined;

  constructor({ dataDir, fsync, clock }: DatabaseOptions) {
    this.clock = clock;
    this.connection = dataDir === null ? openConnection(":memory:") : open(dataDir);
    try {
      this.connection.exec(`
        PRAGMA busy_timeout = ${BUSY_MS};
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = ${fsync ? "FULL" : "NORMAL"};
        PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      `);
      this.transaction(() => this.prepareSchema(dataDir));
    } catch (error) {
      this.connection.close();
      throw unusable(dataDir ?? "in memory", error);
    }
  }

  /** Prepared once for its text. */
  sql(text: string): Statement {
    if (this.isClosed) throw new WorldError("WORLD_CLOSED", "The world was closed");
    let statement = this.statements.get(text);
    if (!statement) {
      statement = this.connection.prepare(text);
      this.statements.set(text, statement);
    }
    return statement;
  }

  transaction<T>(action: () => T): T {
    try {
      this.sql("BEGIN IMMEDIATE").run();
      const result = action();
      this.sql("COMMIT").run();
      for (const afterwards of this.committed.splice(0)) afterwards();
      return result;
    } catch (error) {
      this.committed = [];
      this.rollBack();
      throw storageError(error);
    }
  }

  /** In a transaction: what happens when it is committed, and only then. */
  onCommit(action: () => void): void {
    this.committed.push(action);
  }

  /** A transaction together with all others of this moment. */
  write<T>(action: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) queueMicrotask(() => this.commitWaiting());
      this.waiting.push({
        run: () => {
          const result = action();
          return () => resolve(result);
        },
        reject,
      });
    });
  }

  private commitWaiting(): void {
    const { waiting } = this;
    this.waiting = [];
    let settle: (() => void)[];
    try {
      settle = this.transaction(() => waiting.map(({ run }) => run()));
    } catch (error) {
      if (waiting.length === 1) return waiting[0]!.reject(error);
      // One of them cannot be done; the others are none the worse for it.
      return waiting.forEach((each) => this.commitAlone(each));
    }
    for (const resolve of settle) resolve();
  }

  private commitAlone({ run, reject }: Waiting): void {
    try {
      this.transaction(run)();
    } catch (error) {
      reject(error);
    }
  }

  /**
   * World time: the clock of this machine, which all processes on the folder share (W3). It goes on
   * at its pace when somebody sets that clock back.
   */
  now(): number {
    if (this.clock) return this.clock();
    const asked = performance.now();
    const shown = Date.now();
    if (shown >= this.anchor.time + asked - this.anchor.asked) this.anchor = { time: shown, asked };
    return Math.floor(this.anchor.time + asked - this.anchor.asked);
  }

  /** Changes when another process has committed. */
  dataVersion(): number {
    return Number(this.sql("PRAGMA data_version").get()!["data_version"]);
  }

  /** Without the pages that are free for what comes next. */
  usedBytes(): number {
    const read = (name: string) => Number(this.sql(`PRAGMA ${name}`).get()![name]);
    return (read("page_count") - read("freelist_count")) * read("page_size");
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.statements.clear();
    this.connection.close();
  }

  private prepareSchema(dataDir: string | null): void {
    const stored = this.storedFormat();
    if (stored > FORMAT) {
      const message = `The data in ${dataDir} has format ${stored}, and this version reads ${FORMAT}`;
      throw new WorldError("DATA_FORMAT_NOT_SUPPORTED", message);
    }
    for (let format = stored; format < FORMAT; format++) {
      this.connection.exec(UPGRADES[format] ?? "");
    }
    this.connection.exec(SCHEMA);
    this.sql("INSERT OR REPLACE INTO meta VALUES ('format', ?)").run(FORMAT);
    // The clock never goes back, also across restarts.
    const latest = this.sql("SELECT created_at FROM runs ORDER BY number DESC LIMIT 1").get();
    this.anchor = { time: Number(latest?.["created_at"] ?? 0), asked: performance.now() };
  }

  /** That of this version, if there is nothing yet. */
  private storedFormat(): number {
    const table = this.sql("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get();
    if (!table) return FORMAT;
    const format = this.sql("SELECT value FROM meta WHERE name = 'format'").get();
    return Number(format?.["value"] ?? FORMAT);
  }

  private rollBack(): void {
    try {
      this.sql("ROLLBACK").run();
    } catch {
      // SQLite has rolled back itself.
    }
  }
}

function open(dataDir: string): Connection {
  try {
    mkdirSync(dataDir, { recursive: true });
    // Data of runs is nothing to commit.
    const ignore = path.join(dataDir, ".gitignore");
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
    return openConnection(path.join(dataDir, "everstep.db"));
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

function unusable(dataDir: string, error: unknown): unknown {
  if (WorldError.is(error)) return error;
  const { message } = error as Error;
  return new WorldError(
    "DATA_FOLDER_UNUSABLE",
    `The data folder ${dataDir} cannot be used: ${message}`,
    {
      cause: error,
    },
  );
}

/** A full disk and the like, as an error with a code; what is wrong with the program stays as it is. */
function storageError(error: unknown): unknown {
  const { message } = error as Error;
  if (WorldError.is(error) || !/disk|full|readonly|I\/O|locked|busy|malformed/i.test(message))
    return error;
  return new WorldError("STORAGE_FAILED", `The data could not be written: ${message}`, {
    cause: error,
  });
}
