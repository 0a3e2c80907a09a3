/** What servers say of themselves, as far as they tell: managed ones hide settings, and rights lack. */
import type { Redis } from "ioredis";

/** What is not there is not known. */
export interface ServerFacts {
  version?: string;
  /** What goes when its memory is full. */
  policy?: string;
  hasLog?: boolean;
  /** When the log is written to the disk: always, everysec, no. */
  fsync?: string;
  hasSnapshots?: boolean;
}

const SETTINGS = ["maxmemory-policy", "appendonly", "appendfsync", "save"] as const;

export async function factsOf(server: Redis): Promise<ServerFacts> {
  const [info, settings] = await Promise.all([readInfo(server), readSettings(server)]);
  const policy = settings["maxmemory-policy"] ?? info["maxmemory_policy"];
  const log = settings["appendonly"] ?? info["aof_enabled"];
  const { redis_version: version } = info;
  const { appendfsync: fsync, save } = settings;
  return {
    ...(version !== undefined && { version }),
    ...(policy !== undefined && { policy }),
    ...(log !== undefined && { hasLog: log === "yes" || log === "1" }),
    ...(fsync !== undefined && { fsync }),
    ...(save !== undefined && { hasSnapshots: save !== "" }),
  };
}

type Texts = Partial<Record<string, string>>;

async function readInfo(server: Redis): Promise<Texts> {
  const text = await unlessRefused(server.info());
  const lines = (text ?? "").split(/\r?\n/).map((line) => /^(\w+):(.*)$/.exec(line));
  return Object.fromEntries(lines.flatMap((line) => (line ? [[line[1]!, line[2]!]] : [])));
}

async function readSettings(server: Redis): Promise<Texts> {
  const settings: Texts = {};
  const found = await Promise.all(
    SETTINGS.map((name) => unlessRefused<unknown>(server.config("GET", name))),
  );
  for (const [at, name] of SETTINGS.entries()) {
    // A list of name and value, or an object of them, depending on the protocol.
    const pair = found[at];
    const value = Array.isArray(pair)
      ? (pair as unknown[])[1]
      : (pair as Texts | undefined | null)?.[name];
    if (typeof value === "string") settings[name] = value;
  }
  return settings;
}

/** What the server answers with an error it does not tell; that there is none is another matter. */
async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (/^(?:NOPERM|ERR)\b/.test((error as Error).message)) return undefined;
    throw error;
  }
}
