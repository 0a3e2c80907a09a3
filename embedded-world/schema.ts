/**
 * The tables. A run has a small number for its rows, so that keys are short; events of one append are
 * one row of the log, since they are written and read together.
 */
export const FORMAT = 4;

/** What makes of data in one format data in the next. */
export const UPGRADES: Readonly<Record<number, string>> = {
  1: "ALTER TABLE runs ADD COLUMN parent TEXT",
  2: `
    ALTER TABLE streams ADD COLUMN failure TEXT;
    ALTER TABLE streams ADD COLUMN writes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE streams ADD COLUMN outlives INTEGER NOT NULL DEFAULT 0;
  `,
  3: `
    CREATE TABLE run_tags (
      name TEXT, value TEXT, run INTEGER, PRIMARY KEY (name, value, run)
    ) WITHOUT ROWID;
    INSERT INTO run_tags
      SELECT tag.key, tag.value, number FROM runs, json_each(runs.tags) tag WHERE tags IS NOT NULL;
  `,
};

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS runs (
  number INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  workflow TEXT NOT NULL,
  bundle TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  position INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  key TEXT,
  title TEXT,
  metadata TEXT,
  tags TEXT,
  parked TEXT,
  failure TEXT,
  due_at INTEGER,
  owner TEXT,
  fence INTEGER NOT NULL DEFAULT 0,
  claims INTEGER NOT NULL DEFAULT 0,
  strikes INTEGER NOT NULL DEFAULT 0,
  last_append TEXT,
  last_stamp INTEGER,
  messages INTEGER NOT NULL DEFAULT 0,
  seen INTEGER NOT NULL DEFAULT 0,
  parent TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS runs_key ON runs (key) WHERE key IS NOT NULL AND ended_at IS NULL;
CREATE INDEX IF NOT EXISTS runs_due ON runs (due_at) WHERE due_at IS NOT NULL AND owner IS NULL;
CREATE INDEX IF NOT EXISTS runs_owner ON runs (owner) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS runs_workflow ON runs (workflow, number);
CREATE INDEX IF NOT EXISTS runs_status ON runs (status, number);
CREATE INDEX IF NOT EXISTS runs_parked ON runs (json_extract(parked, '$.code'), number)
  WHERE parked IS NOT NULL;
CREATE INDEX IF NOT EXISTS runs_parent ON runs (parent, number) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS runs_created ON runs (created_at, number);

CREATE TABLE IF NOT EXISTS run_tags (
  name TEXT, value TEXT, run INTEGER, PRIMARY KEY (name, value, run)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS run_tags_run ON run_tags (run);

CREATE TABLE IF NOT EXISTS log (
  run INTEGER, first INTEGER, stamp INTEGER, events TEXT, PRIMARY KEY (run, first)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS inbox (
  run INTEGER, number INTEGER, body TEXT, PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message_ids (
  run INTEGER, id TEXT, PRIMARY KEY (run, id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hooks (
  number INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  run INTEGER NOT NULL,
  call TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  description TEXT,
  is_confirmed INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS hooks_run ON hooks (run);
CREATE TABLE IF NOT EXISTS disposed_hooks (
  run INTEGER, call TEXT, PRIMARY KEY (run, call)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bundles (
  hash TEXT PRIMARY KEY, code TEXT NOT NULL, touched_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS streams (
  number INTEGER PRIMARY KEY,
  stream_id TEXT NOT NULL UNIQUE,
  run INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  count INTEGER NOT NULL DEFAULT 0,
  is_closed INTEGER NOT NULL DEFAULT 0,
  failure TEXT,
  writes INTEGER NOT NULL DEFAULT 0,
  outlives INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS streams_run ON streams (run);
CREATE TABLE IF NOT EXISTS chunks (
  stream INTEGER, number INTEGER, stamp INTEGER, data TEXT, PRIMARY KEY (stream, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS follow_ups (
  number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, body TEXT NOT NULL, taken_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS at_end (
  run INTEGER, id TEXT, body TEXT NOT NULL, PRIMARY KEY (run, id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS permit_limits (name TEXT PRIMARY KEY, most INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS permits (
  name TEXT, run_id TEXT, position INTEGER NOT NULL, number INTEGER NOT NULL, state INTEGER NOT NULL,
  PRIMARY KEY (name, run_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS permits_line ON permits (name, state, number);
`;
