/** Projects in temporary folders, removed when the tests of a file are done. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The files by their paths; a package.json is added unless one is given. */
export function tempProject(files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "everstep-build-")));
  folders.push(folder);
  writeFiles(folder, { "package.json": '{ "name": "app", "private": true }', ...files });
  return folder;
}

export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
