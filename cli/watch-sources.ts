/** Tells when files of a project change. What is installed, built or hidden does not count. */
import { type FSWatcher, readdirSync, watch } from "node:fs";
import path from "node:path";

const SKIPPED = new Set(["node_modules", "dist", "build", "coverage"]);
const SOURCE = /\.([cm]?[jt]sx?|json)$/;
/** Editors write a file in several steps, and a checkout writes many. */
const SETTLE_MS = 100;

/** `onChange` hears of one of the files that changed. Gives what ends it. */
export function watchSources(root: string, onChange: (file: string) => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const noteChange = (file: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => onChange(path.relative(root, file)), SETTLE_MS);
  };
  const follow = (folder: string) => {
    if (watchers.has(folder)) return;
    const watcher = watchFolder(folder, (name) => {
      const file = path.join(folder, name);
      if (SOURCE.test(name)) noteChange(file);
      else if (!isSkipped(name)) followAll(file);
    });
    if (watcher) watchers.set(folder, watcher);
  };
  const followAll = (folder: string) => foldersIn(folder).forEach(follow);
  followAll(root);
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

/** Null for what is not there any more, or is no folder. */
function watchFolder(folder: string, onChange: (name: string) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, (_type, name) => onChange(name ?? ""));
    // It goes with its folder.
    return watcher.on("error", () => watcher.close());
  } catch {
    return null;
  }
}

/** The folder and those below it. */
function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const inner = entries.filter((entry) => entry.isDirectory() && !isSkipped(entry.name));
    return [folder, ...inner.flatMap(({ name }) => foldersIn(path.join(folder, name)))];
  } catch {
    return [];
  }
}

function isSkipped(name: string): boolean {
  return name.startsWith(".") || SKIPPED.has(name);
}
