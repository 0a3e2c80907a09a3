/** What `import` gets for a file that has to be compiled; the same in every loader. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { compileSource } from "./compile";
import type * as Facade from "./facade";
import { isPlainScript, sourceKindOf } from "./source-kind";

export interface LoadedModule {
  format?: string | null;
  source?: string | ArrayBuffer | NodeJS.TypedArray | null;
  shortCircuit?: boolean;
}

const load = createRequire(__filename);

/** Null for files that Node can load itself. */
export function loadCompiled(url: string, isEntry: boolean): LoadedModule | null {
  const filename = filenameOf(url);
  if (filename === null || sourceKindOf(filename) === null) return null;
  const compiled = compileSource(filename, readFileSync(filename, "utf8"));
  if (!compiled) return null;
  if (compiled.format === "module") {
    return { format: "module", source: compiled.code, shortCircuit: true };
  }
  const { facadeOf } = load("./facade") as typeof Facade;
  return {
    format: "module",
    source: facadeOf(filename, compiled.code, isEntry),
    shortCircuit: true,
  };
}

/** JavaScript with directives. CommonJS is left alone here: `require` compiles it. */
export function compileLoaded(url: string, loaded: LoadedModule): LoadedModule {
  const filename = filenameOf(url);
  if (loaded.format !== "module" || filename === null || !isPlainScript(filename)) return loaded;
  const compiled = compileSource(filename, textOf(loaded.source));
  return compiled ? { ...loaded, source: compiled.code } : loaded;
}

function filenameOf(url: string): string | null {
  return url.startsWith("file:") ? fileURLToPath(url.replace(/[?#].*$/s, "")) : null;
}

function textOf(source: LoadedModule["source"]): string {
  if (typeof source === "string") return source;
  return source ? new TextDecoder().decode(source) : "";
}
