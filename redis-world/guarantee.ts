/**
 * What survives what, in one sentence, from what the servers say of themselves (P1); and refusals, of
 * what cannot keep runs at all, and of what was asked for and is not to be had.
 *
 * - G1 The weakest server counts.
 * - G2 What a server does not tell is not held against it, and is said to be unknown.
 */
import type { Redis } from "ioredis";
import { WorldError } from "../lib/contract/error";
import type { Confirmation } from "./acknowledged-writes";
import { type Client, mastersOf } from "./connect";
import { factsOf, type ServerFacts } from "./server-facts";

/**
 * What somebody who hears that something is stored can rely on: that it is in the memory of a server, on
 * its disk, or on a replica as well. Not given: what the server does anyway.
 */
export type Durability = "memory" | "fsync" | "replicated";

export interface GuaranteeOptions {
  durability?: Durability;
  allowEviction?: boolean;
}

export interface Guarantee {
  sentence: string;
  /** What each write has to wait for. */
  confirmation: Confirmation | null;
}

const OLDEST_MAJOR = 7;
/** How long it may take a server to show that it can do what is asked for. */
const SHOWN_WITHIN_MS = 1_000;

export async function findGuarantee(
  client: Client,
  address: string,
  { durability, allowEviction = false }: GuaranteeOptions,
): Promise<Guarantee> {
  const servers = mastersOf(client);
  const facts = await Promise.all(servers.map(factsOf));
  for (const { version } of facts) refuseOld(version, address);
  const evicting = facts.find(({ policy }) => policy !== undefined && policy !== "noeviction");
  if (evicting && !allowEviction) refuseEviction(evicting.policy!, address);
  const confirmation = await confirmationOf(servers, facts, durability);
  const sentence = `Runs are kept in ${address}${inWords(facts, durability)}.`;
  return { sentence: sentence + warning(evicting), confirmation };
}

function inWords(facts: readonly ServerFacts[], durability: Durability | undefined): string {
  if (durability === "fsync") {
    return "; what is acknowledged is on its disk, and survives a crash of the server and the loss of power";
  }
  const survives = SURVIVAL[Math.min(...facts.map(rankOf))]!;
  if (durability === "replicated") {
    return `; what is acknowledged is on a replica as well, and survives the loss of the server if that replica takes its place; on its own, ${survives}`;
  }
  if (facts.every((each) => rankOf(each) === UNKNOWN)) {
    return ", which does not tell its settings; what survives is up to them";
  }
  const asked = durability === "memory" ? "; nothing is waited for (durability: memory)" : "";
  return `${asked}; ${survives}`;
}

/** From the weakest to the strongest. */
const SURVIVAL = [
  "a restart of the server loses all of it",
  "a crash of the server loses what came after its last snapshot",
  "what survives is up to settings that it does not tell",
  "what is acknowledged survives a crash of the server, and the loss of power but for the last second",
  "what is acknowledged survives a crash of the server and the loss of power",
] as const;

const UNKNOWN = 2;

function rankOf({ hasLog, fsync, hasSnapshots }: ServerFacts): number {
  if (hasLog) return fsync === "always" ? 4 : 3;
  if (hasSnapshots) return 1;
  return hasLog === false && hasSnapshots === false ? 0 : UNKNOWN;
}

function warning(evicting: ServerFacts | undefined): string {
  if (!evicting) return "";
  return ` WARNING: it removes data when its memory is full (${evicting.policy}), and then loses runs: set maxmemory-policy to noeviction.`;
}

function refuseOld(version: string | undefined, address: string): void {
  if (version === undefined || !(Number.parseInt(version, 10) < OLDEST_MAJOR)) return;
  const message = `Redis (${address}) is version ${version}, and runs need ${OLDEST_MAJOR}.0 or newer`;
  throw new WorldError("REDIS_TOO_OLD", message);
}

/** While an app is made it may be any server that is at hand. */
function refuseEviction(policy: string, address: string): void {
  if (process.env["NODE_ENV"] !== "production") return;
  const message = `Redis (${address}) removes data when its memory is full (maxmemory-policy ${policy}), and would lose runs`;
  throw new WorldError("REDIS_EVICTS", message);
}

async function confirmationOf(
  servers: readonly Redis[],
  facts: readonly ServerFacts[],
  durability: Durability | undefined,
): Promise<Confirmation | null> {
  if (durability === "replicated") {
    const counts = await Promise.all(servers.map((server) => server.wait(1, SHOWN_WITHIN_MS)));
    if (counts.every((count) => count > 0)) return "replica";
    throw notAvailable(durability, "a server has no replica that answers");
  }
  if (durability !== "fsync" || facts.every(({ hasLog, fsync }) => hasLog && fsync === "always")) {
    return null;
  }
  await Promise.all(servers.map(waitForDisk));
  return "disk";
}

async function waitForDisk(server: Redis): Promise<void> {
  try {
    await server.call("WAITAOF", 1, 0, SHOWN_WITHIN_MS);
  } catch (error) {
    const { message } = error as Error;
    if (!/^(?:ERR|NOPERM)\b/.test(message)) throw error;
    const why = `it takes Redis 7.2 or newer with appendonly, or appendfsync always (the server says: ${message})`;
    throw notAvailable("fsync", why);
  }
}

function notAvailable(durability: Durability, why: string): WorldError {
  const message = `The durability "${durability}" is not to be had: ${why}`;
  return new WorldError("DURABILITY_NOT_AVAILABLE", message);
}
