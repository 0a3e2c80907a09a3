// Builds dist/: CommonJS by TypeScript, and for each public door an ES module that re-exports it,
// so that a process has one copy of every class whichever way a program loads it.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

// A door that acts when it is loaded: its ES module only imports it.
const SIDE_EFFECT_DOORS = new Set(["./register"]);

compileTypeScript();
for (const [door, target] of Object.entries(readPackage().exports)) {
  if (typeof target === "object") writeEsmDoor(door, target);
}
chmodSync(path.join(root, "dist/cli/main.js"), 0o755);

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
