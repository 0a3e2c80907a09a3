/** Bundles between the world, which keeps them as text, and replay, which needs them compiled (P6). */
import type { StoredBundle } from "../contract/bundle";
import { WorldError } from "../contract/error";
import type { World } from "../contract/world";
import { type CompiledBundle, compileBundle } from "../replay/sandbox";
import { type Patience, untilAnswered } from "./until-answered";
import { mapStack, type PositionSource, readBundleMap } from "./map-stack";

/** Runs in flight may have been started on any of the last deploys. */
const MOST_COMPILED = 20;

export function writeBundle({ code, map }: StoredBundle): string {
  return JSON.stringify({ code, map });
}

export class LoadedBundle {
  readonly compiled: CompiledBundle;
  private positions: PositionSource | undefined;

  constructor(
    readonly hash: string,
    readonly stored: StoredBundle,
  ) {
    this.compiled = compileBundle(stored.code, hash);
  }

  /** The stack with the user's own files and lines. */
  mapStack(stack: string): string {
    this.positions ??= readBundleMap(this.stored.map);
    return mapStack(stack, this.compiled.name, this.positions);
  }
}

export class BundleStore {
  /** Least recently used first. */
  private readonly loaded = new Map<string, Promise<LoadedBundle>>();

  constructor(
    private readonly world: World,
    private readonly patience: Patience,
  ) {}

  async get(hash: string): Promise<LoadedBundle> {
    const known = this.loaded.get(hash);
    const bundle = known ?? this.load(hash);
    this.loaded.delete(hash);
    this.loaded.set(hash, bundle);
    if (known) return known;
    if (this.loaded.size > MOST_COMPILED) this.loaded.delete(this.loaded.keys().next().value!);
    try {
      return await bundle;
    } catch (error) {
      this.loaded.delete(hash);
      throw error;
    }
  }

  private async load(hash: string): Promise<LoadedBundle> {
    const { world, patience } = this;
    const text = await untilAnswered(() => world.bundles.get(hash), "read a bundle", patience);
    if (text === null) throw new WorldError("BUNDLE_UNKNOWN", `There is no bundle ${hash}`);
    return new LoadedBundle(hash, JSON.parse(text) as StoredBundle);
  }
}
