// What the plugin costs a Babel build: the same 2,000 files with the same presets, without the
// plugin and with it. Bar: at most 1.15 times. Each sample runs in a process of its own.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { printRatio, printSamples, printVersions } from "./report.mjs";

const FILES = 2_000;
// Of every ten files of an application, one holds steps and workflows.
const EVERY = 10;
const SAMPLES = 5;
const BAR = 1.15;

const accepted = new Map();

const require = createRequire(import.meta.url);
const self = fileURLToPath(import.meta.url);
const [role, folder] = process.argv.slice(2);

if (role === "plain" || role === "plugin") compileAll(role, folder);
else main();

function main() {
  const tree = createTree();
  const times = { plain: [], plugin: [] };
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const kind of ["plain", "plugin"]) {
      const output = execFileSync(process.execPath, [self, kind, tree], { encoding: "utf8" });
      times[kind].push(Number(output));
    }
  }
  rmSync(tree, { recursive: true });
  printVersions({ babel: require("@babel/core").version });
  console.log(`${FILES} files, one in ${EVERY} with directives`);
  printSamples(times);
  printRatio("plugin / plain", times.plugin, times.plain, BAR);
}

/** Prints the milliseconds of compiling every file of the tree. */
function compileAll(kind, tree) {
  const babel = require("@babel/core");
  const plugin = require("../dist/babel-plugin/index.js").default;
  const options = {
    cwd: tree,
    configFile: false,
    babelrc: false,
    presets: [
      [require.resolve("@babel/preset-env"), { targets: { node: "20" } }],
      require.resolve("@babel/preset-typescript"),
    ],
    plugins: kind === "plugin" ? [plugin] : [],
  };
  const files = readdirSync(path.join(tree, "src")).map((name) => path.join(tree, "src", name));
  const sources = files.map((file) => readFileSync(file, "utf8"));
  const start = performance.now();
  for (const [index, filename] of files.entries()) {
    babel.transformSync(sources[index], { ...options, filename });
  }
  process.stdout.write(String(performance.now() - start));
}

/** Real TypeScript of this repository, copied under many names, and files with directives between. */
function createTree() {
  const tree = mkdtempSync(path.join(tmpdir(), "everstep-bench-"));
  const src = path.join(tree, "src");
  mkdirSync(src);
  writeFileSync(path.join(tree, "package.json"), "{}");
  const root = path.resolve(path.dirname(self), "..");
  const ordinary = sourcesIn(path.join(root, "babel-plugin"));
  const marked = sourcesIn(path.join(root, "test/babel-plugin/fixtures"), /^input\.ts$/).filter(
    (code) => code.length > 300 && !/decorat|export =|const enum|namespace/.test(code),
  );
  for (let n = 0; n < FILES; n++) {
    const pool = n % EVERY === 0 ? marked.filter(isAccepted) : ordinary;
    writeFileSync(path.join(src, `file-${n}.ts`), pool[n % pool.length]);
  }
  return tree;
}

function isAccepted(code) {
  if (!accepted.has(code)) {
    const { transformSource } = require("../dist/babel-plugin/transform.js");
    try {
      accepted.set(code, transformSource({ code, filename: "/bench/file.ts" }) !== null);
    } catch {
      accepted.set(code, false);
    }
  }
  return accepted.get(code);
}

function sourcesIn(folder, name = /\.ts$/) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(file, name);
    return name.test(entry.name) ? [readFileSync(file, "utf8")] : [];
  });
}
