/** Compares what an app has registered with what its bundle was built from, before it takes work. */
import { BundleError, NotCompiledError } from "../contract/error";
import { parseId } from "../contract/id";
import type { Manifest } from "../contract/manifest";
import type { RegistryRecord } from "../contract/registry";

export interface CheckOptions {
  /** Entries of `manifest.modules` that have been imported; their workflows must have registered. */
  loaded?: readonly string[];
}

/** Throws for the first workflow that would not run on this bundle. */
export function checkRegistered(
  manifest: Manifest,
  records: readonly RegistryRecord[],
  { loaded = [] }: CheckOptions = {},
): void {
  const known = new Set(manifest.workflows.map(({ id }) => id));
  const registered = records.filter(({ kind }) => kind === "workflow");
  for (const record of registered) {
    if (!known.has(record.id)) throw notInManifest(manifest, record);
  }
  const ids = new Set(registered.map(({ id }) => id));
  for (const { id, name, file, line } of manifest.workflows) {
    if (loaded.includes(file) && !ids.has(id)) throw notCompiled(name, `${file}:${line}`, id);
  }
}

function notInManifest(manifest: Manifest, { id, at }: RegistryRecord): BundleError {
  const similar = mostAlike(id, manifest);
  const built =
    similar === undefined
      ? `The build has no workflow of that name.`
      : `The build has       ${similar}`;
  const message = `A workflow of this app is not in its bundle.\n\nThe app registered  ${id} (${at})\n${built}\n\nTo build it: npx everstep build`;
  return new BundleError("WORKFLOW_NOT_IN_MANIFEST", message, { at });
}

/** The same function in a file of the same name, or else anywhere. */
function mostAlike(id: string, manifest: Manifest): string | undefined {
  const wanted = parseId(id);
  const sameName = manifest.workflows.filter((found) => parseId(found.id)?.name === wanted?.name);
  const sameFile = sameName.find(
    (found) => fileName(parseId(found.id)?.module) === fileName(wanted?.module),
  );
  return (sameFile ?? sameName[0])?.id;
}

function fileName(module = ""): string {
  return module.slice(module.lastIndexOf("/") + 1);
}

function notCompiled(name: string, at: string, id: string): NotCompiledError {
  const message = `The workflow "${name}" (${at}) was loaded, but nothing registered ${id}: its file was not compiled by everstep/babel-plugin.`;
  return new NotCompiledError("NOT_COMPILED", message, { at });
}
