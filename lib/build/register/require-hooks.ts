/**
 * The hooks for `require`, the same on every line of Node: the loader table that `require` has
 * always had. `module.registerHooks` covers `require` too, but not the one that an imported
 * CommonJS file gets on some lines.
 */
import { readFileSync } from "node:fs";
import Module from "node:module";
import path from "node:path";
import { compileSource } from "./compile";
import { findByAlias, findByPath, findSource, isPathSpecifier } from "./resolve";
import { COMPILED_EXTENSIONS, isInNodeModules, isPlainScript } from "./source-kind";

interface LoadingModule {
  filename?: string | null;
  _compile(content: string, filename: string, format?: string): unknown;
}

type Loader = (module: LoadingModule, filename: string) => void;

type ResolveFilename = (
  this: unknown,
  request: string,
  parent?: LoadingModule | null,
  isMain?: boolean,
  options?: { paths?: string[] },
) => string;

interface ModuleInternals {
  _extensions: Record<string, Loader | undefined>;
  _resolveFilename: ResolveFilename;
}

const internals = Module as unknown as ModuleInternals;

export function installRequireHooks(): void {
  const loadScript = internals._extensions[".js"];
  internals._extensions[".js"] = (module, filename) => {
    compileOnTheWay(module);
    loadScript?.(module, filename);
  };
  for (const extension of COMPILED_EXTENSIONS) internals._extensions[extension] = loadSource;
  internals._resolveFilename = resolvingSources(internals._resolveFilename);
}

const loadSource: Loader = (module, filename) => {
  compileOnTheWay(module);
  module._compile(readFileSync(filename, "utf8"), filename);
};

/** Node decides how a script is read and what it is; its text is replaced as it is handed over. */
function compileOnTheWay(module: LoadingModule): void {
  const compile = module._compile;
  module._compile = function (content, filename, format) {
    module._compile = compile;
    const compiled = isOurs(filename) ? compileSource(filename, content) : null;
    if (!compiled) return compile.call(module, content, filename, format);
    return compile.call(module, compiled.code, filename, compiled.format ?? format);
  };
}

function isOurs(filename: string): boolean {
  return isPlainScript(filename) || COMPILED_EXTENSIONS.includes(path.extname(filename));
}

function resolvingSources(byNode: ResolveFilename): ResolveFilename {
  return function (request, parent, isMain, options) {
    const find = (name: string) => byNode.call(this, name, parent, isMain, options);
    const importer = options?.paths ? null : parent?.filename;
    if (!importer) return find(request);
    if (isInNodeModules(importer)) return withFallback(find, request, importer);
    const meant = requiredAs(request, importer);
    return meant === null ? withFallback(find, request, importer) : find(meant);
  };
}

function requiredAs(request: string, importer: string): string | null {
  if (!isPathSpecifier(request)) return findByAlias(request, importer);
  return findByPath(path.resolve(path.dirname(importer), request), request);
}

function withFallback(find: (name: string) => string, request: string, importer: string): string {
  try {
    return find(request);
  } catch (error) {
    const source = sourceOfMissing(error, request, importer);
    if (source === null) throw error;
    return find(source);
  }
}

/** Node names the file it looked for in vain only in its message. */
function sourceOfMissing(error: unknown, request: string, importer: string): string | null {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code !== "MODULE_NOT_FOUND" || typeof message !== "string") return null;
  if (isPathSpecifier(request)) return requiredAs(request, importer);
  const named = /^Cannot find module '([^'\n]+)'/.exec(message)?.[1];
  return named !== undefined && path.isAbsolute(named) ? findSource(named, false) : null;
}
