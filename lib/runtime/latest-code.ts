/**
 * The code of today for runs that were started on that of yesterday: for development, where a run in
 * flight is to follow the edits. Runs whose log does not fit it are parked.
 */
import type { World } from "../contract/world";
import { writeBundle } from "../engine/bundle-store";
import type { AppBundle } from "./app-bundle";

const STORED_FOR_MS = 60_000;

export function createLatestCode(world: World, app: AppBundle) {
  /** When each was stored, on the clock of the process. */
  const put = new Map<string, number>();
  /** Null for a workflow that is not there any more: its runs keep the code they have. */
  return async (workflow: string): Promise<string | null> => {
    const bundle = await app.current().catch(() => null);
    // Sources that cannot be built now may be put right; until then there is nothing newer.
    if (!bundle) return null;
    const { hash, manifest, stored } = bundle;
    if (!manifest.workflows.some(({ id }) => id === workflow)) return null;
    const now = performance.now();
    // A world lets a bundle go that no run has, after a time.
    if (now - (put.get(hash) ?? -Infinity) > STORED_FOR_MS) {
      await world.bundles.put(hash, writeBundle(stored));
      put.set(hash, now);
    }
    return hash;
  };
}
