/** Realms in a process of their own, without the test runner and with the environment that a test wants. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundle, realmCode } from "./realm-script";

let folder: string | undefined;

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** What the snippets say, one after the other, in one realm of a process with this environment. */
export function textsUnder(env: Record<string, string>, snippets: readonly string[]): string[] {
  folder ??= writeProgram();
  const args = [path.join(folder, "program.cjs"), path.join(folder, "realm.js")];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    input: JSON.stringify(snippets),
    encoding: "utf8",
    env,
    maxBuffer: 1e8,
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`The process ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as string[];
}

function writeProgram(): string {
  const made = mkdtempSync(path.join(tmpdir(), "everstep-globals-"));
  const options = { platform: "node", format: "cjs", target: "es2022" };
  writeFileSync(path.join(made, "program.cjs"), bundle("snippets-child.ts", options));
  writeFileSync(path.join(made, "realm.js"), realmCode());
  return made;
}
