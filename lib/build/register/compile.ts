import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { mayConcernCompiler } from "../../../babel-plugin/quick-check";
import { digest, readCached, writeCached } from "./cache";
import type { CompiledFile } from "./cache";
import type * as Compiler from "./emit";
import type { EmitInput } from "./emitted";
import { packageScopeOf } from "./package-scope";
import type { PackageScope } from "./package-scope";
import { sourceKindOf } from "./source-kind";
import type { ModuleFormat, SourceKind } from "./source-kind";
import { compilerSettings } from "./tsconfig";

const load = createRequire(__filename);
const packageFolder = packageScopeOf(__filename)?.folder ?? __dirname;
const ownCode = path.join(packageFolder, "dist") + path.sep;

let compilerLoading = false;
let compilerVersion: string | undefined;

/** What to run instead of the file's own text; null when Node can run that as it is. */
export function compileSource(filename: string, source: string): CompiledFile | null {
  const kind = sourceKindOf(filename);
  if (kind === null && !concernsCompiler(filename, source)) return null;
  const scope = packageScopeOf(filename);
  const format = kind && wantedFormat(kind, scope, source);
  const settings = compilerSettings(filename);
  const scopeText = JSON.stringify([scope?.folder, scope?.name, format, settings]);
  const key = digest((compilerVersion ??= versionOfCompiler()), filename, scopeText, source);
  const cached = readCached(filename, key);
  if (cached) return cached;
  const compiled = compile({ filename, source, kind, format, settings });
  writeCached(filename, key, compiled);
  return compiled;
}

function compile(input: EmitInput): CompiledFile {
  try {
    return loadCompiler().emit(input);
  } catch (error) {
    // Where in the compiler a file was refused is of no use to its author; who loaded it is.
    if (error instanceof Error) Error.captureStackTrace(error, compileSource);
    throw error;
  }
}

/** The compiler's own files speak of directives, and have none. */
function concernsCompiler(filename: string, source: string): boolean {
  return !compilerLoading && mayConcernCompiler(source, "host") && !filename.startsWith(ownCode);
}

/**
 * Without `type` a TypeScript file is CommonJS, as TypeScript has it, unless it can only be a
 * module; what looks like that here is decided by the compiler.
 */
function wantedFormat(
  kind: SourceKind,
  scope: PackageScope | null,
  source: string,
): ModuleFormat | "either" {
  const said = kind.format ?? scope?.type;
  if (said) return said;
  return /\bawait\b|\bimport\s*\.\s*meta\b/.test(source) ? "either" : "commonjs";
}

/** Babel and esbuild take a tenth of a second to load, and a warm start needs neither. */
function loadCompiler(): typeof Compiler {
  const outer = compilerLoading;
  compilerLoading = true;
  try {
    return load("./emit") as typeof Compiler;
  } finally {
    compilerLoading = outer;
  }
}

function versionOfCompiler(): string {
  const packages = [load.resolve("esbuild"), load.resolve("@babel/core"), __filename];
  const scopes = packages.map((file) => packageScopeOf(file)?.folder ?? "");
  const versions = scopes.map((folder) => readFileSync(path.join(folder, "package.json"), "utf8"));
  const folders = [path.join(__dirname, "../../../babel-plugin"), __dirname];
  return digest("1", process.version, ...versions, ...folders.flatMap(filesOf));
}

/** A compiler that was rebuilt under the same version (a linked checkout) is another compiler. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => {
    const { size, mtimeMs } = statSync(path.join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}
