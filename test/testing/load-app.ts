/** Workflows from source, as the module under test of a user, and a test world that finds them. */
import path from "node:path";
import { createTestWorld, type TestWorld, type TestWorldOptions } from "../../lib/testing";
import { loadHost } from "../engine/test-app";
import { tempApp } from "../replay/world";
import type { WorkflowReference } from "../../lib/api";

type AnyFunction = (...args: never[]) => unknown;

export interface LoadedApp {
  root: string;
  /** What the workflow file exports, each of them as a workflow too. */
  exports: Record<string, AnyFunction & WorkflowReference>;
  open(options?: TestWorldOptions): TestWorld;
}

/** `source` is the file `workflows/test.ts`. */
export function loadApp(source: string): LoadedApp {
  const root = tempApp({ "workflows/test.ts": source });
  const exports = loadHost(source, path.join(root, "workflows/test.ts"));
  const log = () => undefined;
  return {
    root,
    exports: exports as LoadedApp["exports"],
    open: (options) => createTestWorld({ root, log, ...options }),
  };
}
