import path from "node:path";

export type ModuleFormat = "module" | "commonjs";

/** A file that Node cannot load as it is; `loader` is esbuild's name for its language. */
export interface SourceKind {
  loader: "ts" | "tsx" | "jsx";
  /** What the extension says; null where the nearest package.json decides. */
  format: ModuleFormat | null;
}

const KINDS = new Map<string, SourceKind>([
  [".ts", { loader: "ts", format: null }],
  [".mts", { loader: "ts", format: "module" }],
  [".cts", { loader: "ts", format: "commonjs" }],
  [".tsx", { loader: "tsx", format: null }],
  [".jsx", { loader: "jsx", format: null }],
]);

/** The extensions that only this hook can load. */
export const COMPILED_EXTENSIONS: readonly string[] = [...KINDS.keys()];

const SCRIPT_EXTENSIONS = new Set([".js", ".mjs", ".cjs"]);

/** Null for plain JavaScript and everything else that Node loads itself. */
export function sourceKindOf(filename: string): SourceKind | null {
  return KINDS.get(path.extname(filename)) ?? null;
}

export function isPlainScript(filename: string): boolean {
  return SCRIPT_EXTENSIONS.has(path.extname(filename));
}

export function isInNodeModules(filename: string): boolean {
  return /[\\/]node_modules[\\/]/.test(filename);
}
