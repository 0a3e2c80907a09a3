/**
 * Where things are: which partition a run belongs to, and the keys that the scripts work on.
 *
 * - K1 All keys of a run carry the tag of its partition, so one script can change them together.
 * - K2 What many runs ask for by one name, a token or a bundle, has a slot of its own.
 * - K3 An id says where its run is, for ever: the number of partitions is fixed with the data. Streams
 *   are where their run is, and keys of runs in a partition of their own choice.
 */
import { parseStreamId } from "../lib/contract/stream";
import { newRunId } from "../lib/contract/run-id";

/** Numbers of a partition leave room for so many (`nextNumber` in scripts/script.ts). */
export const MOST_PARTITIONS = 64;

export class Keys {
  readonly partitions: readonly string[];

  constructor(
    readonly prefix: string,
    count = 1,
  ) {
    const numbers = Array.from({ length: count }, (_, number) => number);
    this.partitions = numbers.map((number) => `${prefix}:{p${number}}`);
  }

  /** What was written with this prefix, and how many partitions it has. */
  get layout(): string {
    return `${this.partitions[0]}:layout`;
  }

  /** Where whoever executes hears of runs that wait for code. */
  get parkedChannel(): string {
    return `${this.partitions[0]}:parked`;
  }

  ofRun(runId: string): string {
    return this.placeOf(runId);
  }

  /** Where it is decided who has the key of a run. Runs with an id of `newId` are there as well. */
  ofKey(key: string): string {
    return this.placeOf(key);
  }

  /** An id of another make belongs to no run, and may be anywhere. */
  ofStream(streamId: string): string {
    return this.placeOf(parseStreamId(streamId)?.runId ?? streamId);
  }

  /** Many ids are made until one is where the key is. */
  newRunId(key?: string): string {
    let id = newRunId();
    if (key === undefined) return id;
    const place = this.ofKey(key);
    while (this.ofRun(id) !== place) id = newRunId();
    return id;
  }

  token(token: string): string {
    return `${this.prefix}:{t${token}}`;
  }

  bundle(hash: string): string {
    return `${this.prefix}:{b${hash}}`;
  }

  private placeOf(name: string): string {
    const { partitions } = this;
    return partitions.length === 1 ? partitions[0]! : partitions[hashOf(name) % partitions.length]!;
  }
}

/** FNV-1a: the same on every machine, for ever. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
