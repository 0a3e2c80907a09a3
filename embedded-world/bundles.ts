/** The code that live runs were started with, by its hash (P6). */
import type { Bundles } from "../lib/contract/world";
import type { Database } from "./database";
import { text } from "./run-rows";

export class EmbeddedBundles implements Bundles {
  constructor(private readonly database: Database) {}

  async put(hash: string, code: string): Promise<void> {
    this.database.transaction(() => {
      this.database
        .sql(
          `INSERT INTO bundles VALUES (?1, ?2, ?3)
            ON CONFLICT (hash) DO UPDATE SET touched_at = ?3`,
        )
        .run(hash, code, this.database.now());
    });
  }

  async get(hash: string): Promise<string | null> {
    const row = this.database.sql("SELECT code FROM bundles WHERE hash = ?").get(hash);
    return row ? text(row["code"]) : null;
  }
}
