// Builds dist/: CommonJS by TypeScript, and for each public door an ES module that re-exports it,
// so that a process has one copy of every class whichever way a program loads it. Ahead of that the
// code that runs in sandboxes and threads is bundled into modules that hold it as text.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

// A door that acts when it is loaded: its ES module only imports it.
const SIDE_EFFECT_DOORS = new Set(["./register"]);

writeScripts();
// Linter and type checker need no more than the sources.
if (!process.argv.includes("--scripts-only")) writeDist();

function writeDist() {
  compileTypeScript();
  for (const [door, target] of Object.entries(readPackage().exports)) {
    if (typeof target === "object" && target.import) writeEsmDoor(door, target);
  }
  chmodSync(path.join(root, "dist/cli/main.js"), 0o755);
}

// Text in a constant and not a file beside the code: an app that is bundled into one file takes it
// along.
function writeScripts() {
  const realm = bundle("lib/replay/realm/main.ts", { globalName: "realm", platform: "neutral" });
  const code = `const everstep$ = (() => { ${realm} return realm; })(); everstep$`;
  writeConstant("lib/replay/realm-script.ts", "REALM_SCRIPT", code);
  const probe = bundle("lib/engine/probe-thread.ts", { platform: "node" });
  writeConstant("lib/engine/probe-script.ts", "PROBE_SCRIPT", probe);
  const watchdog = bundle("lib/engine/watchdog-thread.ts", { platform: "node" });
  writeConstant("lib/engine/watchdog-script.ts", "WATCHDOG_SCRIPT", watchdog);
}

function bundle(entry, options) {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    mainFields: ["module", "main"],
    charset: "ascii",
    minifySyntax: true,
    minifyWhitespace: true,
    ...options,
  });
  return outputFiles[0].text;
}

function writeConstant(name, constant, value) {
  const text = `/** Made by scripts/build.mjs. */\nexport const ${constant}: string =\n  ${JSON.stringify(value)};\n`;
  const file = path.join(root, name);
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

function compileTypeScript() {
  const tsc = require.resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", path.join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
}

function writeEsmDoor(door, target) {
  const esm = path.join(root, target.import.default);
  const cjs = path.join(root, target.require.default);
  const specifier = `./${path.basename(cjs)}`;
  writeFileSync(esm, doorCode(door, cjs, specifier));
  writeFileSync(path.join(root, target.import.types), doorTypes(door, cjs, specifier));
}

function doorCode(door, cjs, specifier) {
  if (SIDE_EFFECT_DOORS.has(door)) return `import ${JSON.stringify(specifier)};\n`;
  const names = Object.keys(require(cjs));
  const lines = [`import door from ${JSON.stringify(specifier)};`];
  const named = names.filter((name) => name !== "default");
  if (named.length > 0) lines.push(`export const { ${named.join(", ")} } = door;`);
  if (names.includes("default")) lines.push(`export default door.default;`);
  return lines.join("\n") + "\n";
}

function doorTypes(door, cjs, specifier) {
  if (SIDE_EFFECT_DOORS.has(door)) return "export {};\n";
  const lines = [`export * from ${JSON.stringify(specifier)};`];
  if ("default" in require(cjs)) {
    lines.push(`import door = require(${JSON.stringify(specifier)});`);
    lines.push(`declare const value: typeof door.default;`, `export default value;`);
  }
  return lines.join("\n") + "\n";
}

function readPackage() {
  return JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
}
