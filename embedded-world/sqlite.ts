/**
 * SQLite as this runtime has it: `node:sqlite`, and on lines of Node without it a package with the
 * same interface, which brings its binaries along and needs no install script.
 */
import { createRequire } from "node:module";
import { WorldError } from "../lib/contract/error";

export type Parameter = string | number | null;
export type Row = Record<string, Parameter>;

export interface Statement {
  run(...parameters: Parameter[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  get(...parameters: Parameter[]): Row | undefined;
  all(...parameters: Parameter[]): Row[];
  iterate(...parameters: Parameter[]): Iterable<Row>;
}

export interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type Sqlite = { DatabaseSync: new (file: string) => Connection };

const load = createRequire(__filename);
let sqlite: Sqlite | undefined;

export function openConnection(file: string): Connection {
  sqlite ??= loadSqlite();
  return new sqlite.DatabaseSync(file);
}

function loadSqlite(): Sqlite {
  for (const name of ["node:sqlite", "@photostructure/sqlite"]) {
    try {
      return withoutWarning(() => load(name) as Sqlite);
    } catch {
      // The next one, if there is one.
    }
  }
  throw new WorldError("SQLITE_MISSING", "This runtime has no SQLite");
}

/** Some lines of Node call the module experimental, which says nothing to the users of an app. */
function withoutWarning<T>(action: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
