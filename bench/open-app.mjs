// An app of one workflow file in a folder of its own, compiled as a user's build would.
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/** A module of the built package. */
export const load = (file) => require(path.join(ROOT, "dist", file));

/** Gives the folder, and what the file exports. */
export function compileApp(source) {
  const { transformSource } = load("babel-plugin/transform.js");
  const root = mkdtempSync(path.join(tmpdir(), "everstep-bench-"));
  const file = path.join(root, "workflows/bench.ts");
  mkdirSync(path.dirname(file), { recursive: true });
  mkdirSync(path.join(root, "node_modules"));
  symlinkSync(ROOT, path.join(root, "node_modules/everstep"));
  writeFileSync(path.join(root, "package.json"), '{"name":"bench"}');
  writeFileSync(file, source);
  const host = transformSource({ code: source, filename: file, mode: "host" }).code;
  const { code } = transformSync(host, { format: "cjs", loader: "ts" });
  const module = { exports: {} };
  const everstep = (name) => (name === "everstep" ? load("lib/index.js") : require(name));
  new Function("require", "module", "exports", code)(everstep, module, module.exports);
  return { root, exports: module.exports };
}

/** With a runtime on an embedded world in its folder. */
export function openApp(source) {
  const { createEmbeddedWorld } = load("embedded-world/index.js");
  const { createRuntime } = load("lib/runtime.js");
  const { root, exports } = compileApp(source);
  const world = createEmbeddedWorld({ dataDir: path.join(root, "data") });
  const runtime = createRuntime({ world, root, handlesSignals: false, log: () => {} });
  return { root, exports, world, runtime };
}
