/**
 * Who may import whom: the table of ARCHITECTURE.md as data, and the check of a source tree against
 * it. Every form of import counts: types, re-exports, `require`, `import()` and `typeof import()`.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { type ImportUse, readSource, type SourceFacts } from "./import-facts";

interface Rule {
  /** Folders, or files without extension, relative to the root. */
  folders: string[];
  /** Packages; `@scope/*` stands for all of a scope, `node:*` for what Node has built in. */
  packages: string[];
}

const NODE = "node:*";

export const IMPORT_TABLE: Readonly<Record<string, Rule>> = {
  "lib/contract": { folders: [], packages: ["ms"] },
  "lib/auth": { folders: ["lib/contract"], packages: ["node:crypto"] },
  "lib/codec": { folders: ["lib/contract"], packages: [] },
  "lib/replay": { folders: ["lib/contract", "lib/codec"], packages: ["node:vm", "node:v8"] },
  "lib/streams": { folders: ["lib/contract", "lib/codec"], packages: [NODE] },
  "lib/engine": {
    folders: ["lib/contract", "lib/codec", "lib/replay", "lib/streams"],
    packages: [NODE, "@jridgewell/trace-mapping"],
  },
  "lib/conformance": { folders: ["lib/contract"], packages: [] },
  "lib/runtime": {
    folders: ["lib/contract", "lib/engine", "lib/build", "embedded-world", "redis-world"],
    packages: [NODE],
  },
  "lib/client": {
    folders: ["lib/contract", "lib/codec", "lib/streams", "lib/engine", "lib/runtime"],
    packages: [NODE, "ajv"],
  },
  "lib/testing": {
    folders: [
      ...["lib/contract", "lib/engine", "lib/client", "lib/replay", "lib/runtime", "lib/build"],
      "embedded-world",
    ],
    packages: [NODE],
  },
  "embedded-world": {
    folders: ["lib/contract", "lib/auth"],
    packages: [NODE, "@photostructure/sqlite"],
  },
  "redis-world": { folders: ["lib/contract", "lib/auth"], packages: [NODE, "ioredis", "bullmq"] },
  "babel-plugin": {
    folders: ["lib/contract/id", "lib/contract/error"],
    packages: [NODE, "@babel/*"],
  },
  "lib/build": {
    folders: ["babel-plugin", "lib/contract"],
    packages: [NODE, "@babel/*", "@jridgewell/*", "cjs-module-lexer", "esbuild", "get-tsconfig"],
  },
  middleware: {
    folders: ["lib/contract", "lib/client", "lib/engine", "lib/runtime", "lib/auth"],
    packages: [NODE],
  },
  cli: { folders: ["lib/contract", "lib/client", "lib/build"], packages: [NODE] },
  web: { folders: ["lib/contract", "lib/client", "lib/build"], packages: [NODE] },
};

/** The doors that act when they are loaded: they import and call, and export nothing. */
const ACTING_DOORS = ["lib/register.ts"];
/** The one file that makes realms. */
const VM_FILE = "lib/replay/sandbox.ts";
const VM = /^(?:node:)?(?:vm|v8)$/;
const SOURCE = /(?<!\.d)\.[cm]?tsx?$/;
/** Folders whose files have names for reasons of their own: cases are named after what they show. */
const NOT_OURS = new Set(["node_modules", "fixtures"]);
const NAMELESS = /(?:^|[-.])(?:utils?|helpers?|common|misc)(?=[-.]|$)/;

/** What is wrong with the tree below `root`, a sentence each; empty if nothing is. */
export function checkImports(root: string): string[] {
  const files = sourceFiles(root);
  const facts = new Map(files.map((file) => [file, readSource(path.join(root, file))]));
  const graph = new Map<string, string[]>();
  const objections: string[] = [];
  for (const [file, { imports }] of facts) {
    const targets = new Set<string>();
    for (const use of imports) {
      const target = use.specifier.startsWith(".") ? resolve(root, file, use.specifier) : null;
      if (target) targets.add(target);
      objections.push(...checkImport(file, use, target));
    }
    graph.set(file, [...targets]);
  }
  for (const [file, fact] of facts) objections.push(...checkFile(file, fact));
  return [...objections, ...findCycles(graph)];
}

/** Names that say nothing about what is inside, anywhere below the given folders. */
export function checkNames(root: string, folders: string[]): string[] {
  const files = folders.flatMap((folder) => filesBelow(root, folder));
  const isNameless = (file: string) => file.split("/").some((part) => NAMELESS.test(part));
  return files.filter(isNameless).map((file) => `${file}: the name does not say what is inside`);
}

export function sourceFiles(root: string): string[] {
  const folders = ["lib", ...Object.keys(IMPORT_TABLE).filter((name) => !name.startsWith("lib/"))];
  return folders.flatMap((folder) => filesBelow(root, folder)).filter((file) => SOURCE.test(file));
}

function checkImport(file: string, { specifier, line }: ImportUse, target: string | null) {
  const at = `${file}:${line}`;
  if (specifier.startsWith(".") && target === null) return [`${at}: ${specifier} leads nowhere`];
  if (VM.test(specifier) && file !== VM_FILE) {
    return [`${at}: only ${VM_FILE} may import node:${specifier.replace("node:", "")}`];
  }
  const folder = folderOf(file);
  if (folder === "lib") return [];
  const rule = folder === null ? undefined : IMPORT_TABLE[folder];
  if (!folder || !rule) return [`${at}: the import table has no row for this folder`];
  const isAllowed =
    target === null
      ? rule.packages.some((allowed) => matchesPackage(allowed, specifier))
      : [folder, ...rule.folders].some((allowed) => isBelow(allowed, target));
  return isAllowed ? [] : [`${at}: ${folder} may not import ${target ?? specifier}`];
}

function checkFile(file: string, facts: SourceFacts): string[] {
  const objections: string[] = [];
  if (folderOf(file) === "lib" && !facts.isDoor && !ACTING_DOORS.includes(file)) {
    objections.push(`${file}: a door holds re-exports only`);
  }
  if (isBelow("lib/replay", file)) {
    for (const { name, line } of facts.impure) {
      objections.push(`${file}:${line}: replay may not use ${name}`);
    }
  }
  return objections;
}

/** A cycle per group of files that import each other, as the path that leads round it. */
function findCycles(graph: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) cycles.push(`import cycle: ${[...trail.slice(start), file].join(" -> ")}`);
    if (start !== -1 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

/** The row of the table that a file belongs to; `lib` for a door. */
function folderOf(file: string): string | null {
  if (/^lib\/[^/]+$/.test(file)) return "lib";
  return Object.keys(IMPORT_TABLE).find((folder) => isBelow(folder, file)) ?? null;
}

function isBelow(allowed: string, file: string): boolean {
  return file.startsWith(`${allowed}/`) || file.replace(SOURCE, "") === allowed;
}

function matchesPackage(allowed: string, specifier: string): boolean {
  if (allowed === NODE) return isBuiltin(specifier);
  if (allowed.endsWith("/*")) return specifier.startsWith(allowed.slice(0, -1));
  return specifier === allowed || specifier.startsWith(`${allowed}/`);
}

function resolve(root: string, from: string, specifier: string): string | null {
  const base = path.posix.join(path.posix.dirname(from), specifier);
  const stem = base.replace(/\.([cm]?)js$/, "");
  const candidates = [base, `${stem}.ts`, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`];
  return candidates.find((file) => isFile(path.join(root, file))) ?? null;
}

function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile();
}

function filesBelow(root: string, folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return [];
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  const below = entries.flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [name];
    return NOT_OURS.has(entry.name) ? [] : filesBelow(root, name);
  });
  return below.sort();
}
