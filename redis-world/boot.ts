/**
 * What is looked at before anything else: the drivers, the servers and what they guarantee, and whether
 * the data was written by a world like this one. It is also looked at for processes that never start a
 * world and only use it.
 */
import { WorldError } from "../lib/contract/error";
import { AcknowledgedWrites } from "./acknowledged-writes";
import { type Client, isCluster as isClusterClient } from "./connect";
import { Connection } from "./connection";
import { checkDrivers } from "./drivers";
import { type Durability, findGuarantee } from "./guarantee";
import { Keys, MOST_PARTITIONS } from "./keys";

export interface ServerOptions {
  /**
   * WORKFLOW_REDIS_URL, or the server of this machine, unless it is given. Several addresses with commas
   * between them are nodes of a Redis Cluster.
   */
  url?: string;
  /** Ahead of all keys; worlds with different ones know nothing of each other. No braces. */
  prefix?: string;
  /** Whether the address is a node of a Redis Cluster. */
  isCluster?: boolean;
  /**
   * A client of ioredis that the app has, also one with Sentinels. The world makes connections of its own
   * like that one, and leaves it open.
   */
  client?: Client;
  /**
   * Over how many parts the runs are spread, each of which is on one server: 1, or 64 on a cluster. Fixed
   * at first use: with another number the world does not start.
   */
  partitions?: number;
  /** What an acknowledgement stands for; what the server does anyway, unless it is given. */
  durability?: Durability;
  /** Starts in production on a server that removes data when its memory is full. */
  allowEviction?: boolean;
}

export interface Boot {
  connection: Connection;
  keys: Keys;
  /** Gives what survives what. */
  start(): Promise<string>;
}

const USUAL_URL = "redis://127.0.0.1:6379";
const USUAL_PREFIX = "everstep";
/** An app and its Redis may come up at the same time. */
const STARTS_WITHIN_MS = 10_000;

/** Of the keys and what is in them. */
const FORMAT = 1;

export function bootFrom(options: ServerOptions): Boot {
  checkDrivers();
  const { url = process.env["WORKFLOW_REDIS_URL"] || USUAL_URL, client } = options;
  const { prefix = USUAL_PREFIX, isCluster = url.includes(",") } = options;
  const isClustered = client ? isClusterClient(client) : isCluster;
  const { partitions = isClustered ? MOST_PARTITIONS : 1 } = options;
  checkOptions(prefix, partitions);
  const keys = new Keys(prefix, partitions);
  const place = { url, isCluster: isClustered, ...(client && { client }) };
  let said: string | null = null;
  const look = async (found: Client) => {
    const { address } = connection;
    const { sentence, confirmation } = await findGuarantee(found, address, options);
    await checkLayout(found, keys, address);
    if (confirmation) connection.writes ??= new AcknowledgedWrites(place, confirmation);
    said = sentence;
  };
  const connection = new Connection({ ...place, check: look });
  const start = async () => {
    said = null;
    await connection.ask(async (found) => said ?? look(found), STARTS_WITHIN_MS);
    return said!;
  };
  return { connection, keys, start };
}

function checkOptions(prefix: string, partitions: number): void {
  if (/[{}]/.test(prefix)) throw new TypeError("`prefix` must not have braces in it");
  const isRight = Number.isInteger(partitions) && partitions >= 1 && partitions <= MOST_PARTITIONS;
  if (!isRight)
    throw new TypeError(`\`partitions\` must be a whole number, 1 to ${MOST_PARTITIONS}`);
}

/** With another number of partitions, runs would be looked for where they are not (K3). */
async function checkLayout(client: Client, keys: Keys, address: string): Promise<void> {
  const layout = `format ${FORMAT}, partitions ${keys.partitions.length}`;
  await client.setnx(keys.layout, layout);
  const found = await client.get(keys.layout);
  if (found === layout) return;
  const message = `The data in ${address} under "${keys.prefix}" has ${found}, and this world reads ${layout}`;
  throw new WorldError("DATA_FORMAT_NOT_SUPPORTED", message);
}
