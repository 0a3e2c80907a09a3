/**
 * The sandbox bundle, as it is stored with the runs that were started on it. Format 1.
 *
 * A bundle is the text of one script. Run in a realm that has the prelude (see prelude.ts), its
 * completion value is a `BundleScript`, and running it does nothing else: no user code runs yet.
 *
 *     ({ format: 1, prelude: 1, workflows: { "workflow//./src/order//checkout"() { … } } })
 *
 * - B1 Calling `workflows[id]()` evaluates the modules that this workflow can reach, and registers
 *   the workflow with the prelude under its id. It may throw what a module of the user throws. An
 *   engine calls it once per realm, and calls no other.
 * - B2 No two workflows share state; a module that both reach is evaluated once for each.
 * - B3 The script reads the prelude when it runs, and asks its `tick` about every so many passes
 *   through loop heads and function entries.
 * - B4 The text depends on the sources and the versions of the tools only, not on the machine or
 *   its folders. Its hash is its name.
 */
export const BUNDLE_FORMAT = 1;

/** What the script of a bundle evaluates to. */
export interface BundleScript {
  format: number;
  prelude: number;
  workflows: Record<string, () => void>;
}

export interface Bundle {
  code: string;
  /** SHA-256 of the code, in hex. */
  hash: string;
  /** The number of the prelude's interface that the code was built against. */
  prelude: number;
  /** The source map, version 3, as JSON; sources are relative to the root of the build. */
  readonly map: string;
}

/** A place in a source file of the user. */
export interface SourcePosition {
  file: string;
  line: number;
  column: number;
}

/** What a world keeps of a bundle: the code, and what leads from its stacks to the sources. */
export type StoredBundle = Pick<Bundle, "code" | "map">;
