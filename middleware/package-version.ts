/** The version of this package, for whoever asks about its health. */
import { readFileSync } from "node:fs";
import path from "node:path";

let version: string | undefined;

export function packageVersion(): string {
  return (version ??= readVersion());
}

/** The package.json is above this file both in the sources and in dist/. */
function readVersion(): string {
  for (const above of ["..", "../.."]) {
    try {
      const text = readFileSync(path.join(__dirname, above, "package.json"), "utf8");
      const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
      if (name === "everstep" && typeof version === "string") return version;
    } catch {
      // It may be one folder further up, or nowhere: some apps are one file.
    }
  }
  return "unknown";
}
