/** `manifest.json`: what a build found, and where its bundle is. */
export const MANIFEST_VERSION = 1;

/** Below the root of an app. */
export const MANIFEST_FOLDER = ".well-known/workflow/v1";
export const MANIFEST_FILE = "manifest.json";

export interface Manifest {
  version: number;
  prelude: number;
  bundle: ManifestBundle;
  workflows: ManifestFunction[];
  steps: ManifestFunction[];
  classes: ManifestClass[];
  /** Source files that register something when they are imported, relative to the root. */
  modules: string[];
}

/** File names are relative to the manifest. */
export interface ManifestBundle {
  file: string;
  map: string;
  hash: string;
}

export interface ManifestFunction {
  id: string;
  /** The function part of the id. */
  name: string;
  /** Relative to the root of the build, `/`-separated. */
  file: string;
  line: number;
  /** As written: `order`, `{ id, amount }`, `...rest`. */
  parameters: string[];
  exported: boolean;
}

export interface ManifestClass {
  id: string;
  name: string;
  file: string;
  line: number;
}
