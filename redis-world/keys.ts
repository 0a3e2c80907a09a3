/**
 * Where things are: which partition a run belongs to, and the keys that the scripts work on.
 *
 * - K1 All keys of a run carry the tag of its partition, so one script can change them together.
 * - K2 What many runs ask for by one name, a token or a bundle, has a slot of its own.
 */
export class Keys {
  /** One partition is enough for one server. The number is fixed with the data. */
  static readonly PARTITIONS = 1;

  readonly partitions: readonly string[];

  constructor(readonly prefix: string) {
    const numbers = Array.from({ length: Keys.PARTITIONS }, (_, number) => number);
    this.partitions = numbers.map((number) => `${prefix}:{p${number}}`);
  }

  /** What was written with this prefix, and how many partitions it has. */
  get layout(): string {
    return `${this.partitions[0]}:layout`;
  }

  ofRun(runId: string): string {
    return this.partitions[hashOf(runId) % this.partitions.length]!;
  }

  /** A stream lives with its run. With more than one partition its id would have to lead there. */
  ofStream(_streamId: string): string {
    return this.partitions[0]!;
  }

  token(token: string): string {
    return `${this.prefix}:{t${token}}`;
  }

  bundle(hash: string): string {
    return `${this.prefix}:{b${hash}}`;
  }
}

/** FNV-1a: the same on every machine, for ever. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
