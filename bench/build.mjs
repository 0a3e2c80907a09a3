// How long the first in-memory build of a 20-workflow app takes, compared with esbuild alone, and
// how long a rebuild after one edit takes.
//
// esbuild alone bundles the same modules: the same 20 files with workflows as entry points, with the
// same output (one script each, source maps, names kept, in memory) and without our compiler; what
// our output does not have, since only step bodies use it, is external to it. Each sample of a first
// build is a process of its own, measured from before the first import to the finished bundle.
// "first" has nothing compiled before (the cache on disk is removed); "again" is the same in a process
// that starts later, as a development server does when it restarts.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { generateApp } from "./generate-app.mjs";
import { printRatio, printSamples, printVersions } from "./report.mjs";

const here = fileURLToPath(import.meta.url);
const require = createRequire(here);
const dist = process.env.EVERSTEP_DIST ?? path.resolve(path.dirname(here), "../dist");
const SAMPLES = 5;

const [kind, root, externals] = process.argv.slice(2);
if (kind === undefined) main();
else await sample();

function main() {
  const app = realpathSync(mkdtempSync(path.join(tmpdir(), "everstep-bench-")));
  try {
    const { packages, folders } = generateApp(app);
    const external = [...packages, ...folders.map((folder) => path.join(app, folder, "*"))];
    const samples = { alone: [], first: [], again: [], rebuild: [] };
    // In turn, so that a slow moment of the machine falls on all alike; the first round is for the disk.
    for (let n = -1; n < SAMPLES; n++) {
      const alone = run("alone", app, external.join(","));
      rmSync(path.join(app, "node_modules/.cache"), { recursive: true, force: true });
      const first = run("first", app, "");
      const again = run("first", app, "");
      if (n < 0) report(alone, first);
      else {
        samples.alone.push(alone.ms);
        samples.first.push(first.ms);
        samples.again.push(again.ms);
        samples.rebuild.push(first.rebuild);
      }
    }
    summarise(samples);
  } finally {
    rmSync(app, { recursive: true, force: true });
  }
}

function run(...args) {
  return JSON.parse(execFileSync(process.execPath, [here, ...args], { encoding: "utf8" }));
}

async function sample() {
  const result = kind === "alone" ? await esbuildAlone() : await firstBuild();
  process.stdout.write(JSON.stringify(result));
  process.exit();
}

async function esbuildAlone() {
  const start = performance.now();
  const esbuild = require("esbuild");
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: Array.from({ length: 20 }, (_, n) => `src/workflows/flow${n}.ts`),
    outdir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    target: "es2022",
    platform: "node",
    mainFields: ["module", "main"],
    sourcemap: "external",
    sourcesContent: false,
    keepNames: true,
    logLevel: "silent",
    external: externals.split(","),
  });
  const code = outputFiles.filter((file) => file.path.endsWith(".js"));
  const bytes = code.reduce((sum, file) => sum + file.contents.length, 0);
  return { ms: performance.now() - start, modules: Object.keys(metafile.inputs).length, bytes };
}

async function firstBuild() {
  const start = performance.now();
  const { createDevBundle } = require(path.join(dist, "lib/build/dev-bundle.js"));
  const dev = createDevBundle({ cwd: root });
  const { bundle, manifest } = await dev.current();
  const ms = performance.now() - start;
  const rebuild = await editAndRebuild(dev);
  return { ms, rebuild, bytes: bundle.code.length, workflows: manifest.workflows.length };
}

async function editAndRebuild(dev) {
  const file = path.join(root, "src/workflows/flow7.ts");
  const before = readFileSync(file, "utf8");
  writeFileSync(file, before.replace("nothing left of", `nothing at all left of ${process.pid}`));
  const start = performance.now();
  await dev.current();
  const ms = performance.now() - start;
  writeFileSync(file, before);
  return ms;
}

function report(alone, first) {
  const { version } = require("esbuild/package.json");
  const babel = require("@babel/core/package.json").version;
  printVersions({ esbuild: version, "@babel/core": babel });
  console.log(`esbuild alone: ${alone.modules} modules, ${alone.bytes} bytes of output`);
  console.log(`everstep: ${first.workflows} workflows, ${first.bytes} bytes of bundle`);
}

function summarise(samples) {
  printSamples(samples);
  const { alone, first, again, rebuild } = samples;
  printRatio("first build / esbuild alone", first, alone, 2);
  printRatio("the same in a later process / esbuild alone", again, alone, 2);
  printRatio("rebuild / first build", rebuild, first, 0.2);
}
