/**
 * The bundle of the app under test: made of its sources as they are, whatever was built of them, and
 * shared by all test worlds of a process, so that only the first one waits for the compiler.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { DEFAULT_FOLDERS } from "../build/discover";
import { registryRecords } from "../contract/registry";
import { AppBundle } from "../runtime/app-bundle";

export interface TestBundleOptions {
  /** The folder of the project, when it is not the one in which the tests are run. */
  root?: string;
  /** Files and folders with workflows and steps, where they are not found. */
  workflows?: string[];
}

const bundles = new Map<string, AppBundle>();

export function testBundle({ root, workflows }: TestBundleOptions): AppBundle {
  const key = JSON.stringify([root, workflows, process.cwd()]);
  let bundle = bundles.get(key);
  if (!bundle) {
    const given = { ...(root !== undefined && { root }), ...(workflows && { workflows }) };
    bundles.set(key, (bundle = new AppBundle({ ...given, isTest: true, entries })));
  }
  return bundle;
}

/** What test runners run. In a sandbox it could not, so workflows that stand in there are not built. */
const TEST_FILE = /[._-](?:test|spec)\.[^/]+$|(?:^|\/)__tests__\//;

/** The usual folders, and wherever else the workflows stand that this process has loaded. */
function entries(root: string): string[] {
  const files = registryRecords()
    .filter(({ kind }) => kind === "workflow")
    .map(({ at }) => at.replace(/:\d+$/, ""));
  const folders = DEFAULT_FOLDERS.filter((folder) => existsSync(path.join(root, folder)));
  const isElsewhere = (file: string) =>
    !TEST_FILE.test(file) && !folders.some((folder) => file.startsWith(`${folder}/`));
  const others = files.filter((file) => isElsewhere(file) && existsSync(path.join(root, file)));
  return [...folders, ...new Set(others)].sort();
}
