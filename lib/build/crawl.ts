/**
 * Follows the imports of files as they were written, before anything is pruned: what only a step
 * body uses is not in the bundle, but its steps and workflows are in the manifest all the same.
 *
 * esbuild resolves, so that path aliases and export conditions mean what they mean in the bundle;
 * each file is handed to it as nothing but its imports. Installed packages are left alone unless
 * they say that they use us: what workflows reach of them the bundle itself looks at.
 */
import type { BuildOptions, PluginBuild } from "esbuild";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { isSourceFile } from "./discover";
import { ASSET_SPECIFIER, BUILTIN_SPECIFIER } from "./node-modules";
import { isInstalled, type Project, readPackageJson } from "./project";
import type { SourceCache } from "./source-cache";
import { startEsbuild } from "./start-esbuild";

const IMPORT =
  /\b(?:from|import)\s*["']([^"'\n]+)["']|\b(?:require|import)\s*\(\s*["']([^"'\n]+)["']\s*[,)]/g;
const COMMENT_LINE = /^\s*(?:\/\/|\*|\/\*)/;

export interface Crawl {
  /** Sorted: every file with directives that can be reached, the given ones included. */
  files: string[];
  /** Every file that was read, with the imports that were found in it. */
  imports: Map<string, string[]>;
}

export async function crawlImports(
  project: Project,
  files: string[],
  sources: SourceCache,
): Promise<Crawl> {
  const imports = new Map<string, string[]>();
  const found = new Set(files);
  const setup = (build: PluginBuild) => {
    build.onResolve({ filter: /^[^./]/ }, ({ path: specifier, kind, resolveDir }) => {
      if (kind === "entry-point" || !isLeftAlone(specifier, resolveDir)) return undefined;
      return { path: specifier, external: true };
    });
    build.onLoad({ filter: /.*/, namespace: "file" }, ({ path: file }) => {
      if (!isSourceFile(file)) return { contents: "" };
      if (sources.hasDirective(file)) found.add(file);
      const specifiers = importsOf(sources.read(file).text);
      imports.set(file, specifiers);
      const lines = specifiers.map((specifier) => `import ${JSON.stringify(specifier)};`);
      return { contents: lines.join("\n"), loader: "js" };
    });
  };
  // An import that leads nowhere matters only if it is still there when the bundle is made.
  const plugins = [{ name: "everstep-crawl", setup }];
  await startEsbuild()
    .build({ ...optionsFor(project), entryPoints: files, plugins })
    .catch(() => {});
  return { files: [...found].sort(), imports };
}

function optionsFor({ root }: Project): BuildOptions {
  return {
    absWorkingDir: root,
    outdir: root,
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workflow"],
    logLevel: "silent",
  };
}

/** May find too much, in comments and strings; then a file is read in vain. */
export function importsOf(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(IMPORT)) {
    const line = text.slice(text.lastIndexOf("\n", match.index) + 1, match.index);
    const specifier = match[1] ?? match[2]!;
    if (!COMMENT_LINE.test(line) && !ASSET_SPECIFIER.test(specifier)) found.add(specifier);
  }
  return [...found];
}

function isLeftAlone(specifier: string, from: string): boolean {
  if (BUILTIN_SPECIFIER.test(specifier)) return true;
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
  const folder = name === undefined ? undefined : packageFolder(name, from);
  if (folder === undefined || !isInstalled(`${folder}/`)) return false;
  return !usesUs(readPackageJson(folder));
}

function packageFolder(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (existsSync(candidate)) return realpathSync.native(candidate);
    if (folder === path.dirname(folder)) return undefined;
  }
}

function usesUs(packageJson: Record<string, unknown>): boolean {
  return ["dependencies", "peerDependencies", "devDependencies"].some((field) => {
    const names = Object.keys((packageJson[field] ?? {}) as object);
    return names.includes("everstep") || names.includes("workflow");
  });
}
