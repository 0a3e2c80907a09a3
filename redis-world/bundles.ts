/** The code that runs were started with, by its hash (P6). */
import type { Bundles } from "../lib/contract/world";
import type { Connection } from "./connection";
import type { Keys } from "./keys";
import { DROP_BUNDLE_TEXT, MARK_BUNDLE, PUT_BUNDLE_TEXT } from "./scripts/bundles";

export class RedisBundles implements Bundles {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
  ) {}

  async put(hash: string, text: string): Promise<void> {
    await this.connection.run(PUT_BUNDLE_TEXT, this.keys.bundle(hash), text);
    // crash here: a text without marks, which no run can name yet; who puts it again completes it.
    const { partitions } = this.keys;
    await Promise.all(partitions.map((each) => this.connection.run(MARK_BUNDLE, each, hash)));
  }

  async get(hash: string): Promise<string | null> {
    return this.connection.read((client) => client.hget(this.keys.bundle(hash), "text"));
  }

  /** After its mark went from a partition: the text goes with the last mark. */
  async drop(hash: string, before: number): Promise<void> {
    const marks = await Promise.all(
      this.keys.partitions.map((partition) =>
        this.connection.read((client) => client.zscore(`${partition}:bundles`, hash)),
      ),
    );
    if (marks.some((mark) => mark !== null)) return;
    await this.connection.run(DROP_BUNDLE_TEXT, this.keys.bundle(hash), before);
  }
}
