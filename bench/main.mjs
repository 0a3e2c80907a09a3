// Runs every bench, one after the other: `npm run bench`, or `npm run bench plugin` for one.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const BENCHES = [
  "plugin",
  "build",
  "codec",
  "engine",
  "hooks",
  "streams",
  "http",
  "redis",
  "testing",
];
const folder = path.dirname(fileURLToPath(import.meta.url));
const chosen = process.argv.slice(2);

for (const name of chosen.length > 0 ? chosen : BENCHES) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [path.join(folder, `${name}.mjs`)], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
