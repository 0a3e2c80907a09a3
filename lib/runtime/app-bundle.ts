/** The bundle that new runs of this process are started on: built ahead, or made from the sources. */
import { createRequire } from "node:module";
import type { StoredBundle } from "../contract/bundle";
import type { Manifest } from "../contract/manifest";
import type * as devBundle from "../build/dev-bundle";
import { findBundle, type FoundBundle } from "../build/find-bundle";

export interface AppBundleOptions {
  /** A manifest, or the folder that has it. */
  bundle?: string;
  /** The folder of the project, when it is not the one above the main script. */
  root?: string;
  /** In development: files and folders with workflows and steps. */
  workflows?: string[];
}

/** What tests say besides. */
export interface AppBundleSettings extends AppBundleOptions {
  /** The sources count, whatever was built of them. */
  isTest?: boolean;
  /** Called each time: what the sources consist of now, where `workflows` does not say. */
  entries?: (root: string) => string[];
}

export interface CurrentBundle {
  hash: string;
  manifest: Manifest;
  stored: StoredBundle;
}

const load = createRequire(__filename);

/** In development sources are looked at once in this time, however many runs are started. */
const FRESH_MS = 250;

export class AppBundle {
  private found: FoundBundle | undefined;
  private dev: { bundle: devBundle.DevBundle; entries: string[] | undefined } | undefined;
  private last: { at: number; bundle: Promise<CurrentBundle> } | undefined;

  constructor(private readonly options: AppBundleSettings = {}) {}

  get root(): string {
    return this.find().root;
  }

  current(): Promise<CurrentBundle> {
    const now = performance.now();
    const isFresh = this.last && (this.find().from === "built" || now - this.last.at < FRESH_MS);
    if (this.last && isFresh) return this.last.bundle;
    const bundle = this.read();
    this.last = { at: now, bundle };
    // Sources that are put right are looked at again.
    bundle.catch(() => (this.last = undefined));
    return bundle;
  }

  private async read(): Promise<CurrentBundle> {
    const found = this.find();
    if (found.from === "built") return currentOf(found);
    return currentOf(await this.openSources(found.root).current());
  }

  private find(): FoundBundle {
    const { bundle, root, isTest = false } = this.options;
    this.found ??= findBundle({
      ...(bundle !== undefined && { bundle }),
      ...(root !== undefined && { root }),
      isTest,
    });
    return this.found;
  }

  /** The compiler is loaded where it is needed, which in production it is not. */
  private openSources(cwd: string): devBundle.DevBundle {
    const { createDevBundle } = load("../build/dev-bundle") as typeof devBundle;
    const { workflows, root } = this.options;
    const entries = workflows ?? this.options.entries?.(cwd);
    if (this.dev?.entries?.join("\n") === entries?.join("\n") && this.dev) return this.dev.bundle;
    const bundle = createDevBundle({
      cwd,
      ...(root !== undefined && { root: cwd }),
      ...(entries && { entries }),
    });
    this.dev = { bundle, entries };
    return bundle;
  }
}

function currentOf({
  bundle,
  manifest,
}: Pick<FoundBundle & { from: "built" }, "bundle" | "manifest">) {
  return { hash: bundle.hash, manifest, stored: bundle };
}
