import path from "node:path";
import { createPathsMatcher, getTsconfig } from "get-tsconfig";
import type { TsConfigResult } from "get-tsconfig";
import { EverstepError } from "../../contract/error";
import { isInNodeModules } from "./source-kind";

/** The compiler options that change what a file compiles to; esbuild reads them under these names. */
const SETTINGS = [
  "alwaysStrict",
  "experimentalDecorators",
  "importsNotUsedAsValues",
  "jsx",
  "jsxFactory",
  "jsxFragmentFactory",
  "jsxImportSource",
  "preserveValueImports",
  "strict",
  "target",
  "useDefineForClassFields",
  "verbatimModuleSyntax",
] as const;

export type CompilerSettings = Partial<Record<(typeof SETTINGS)[number], unknown>>;

interface Project {
  settings: CompilerSettings;
  /** The files an import specifier may mean by `paths` and `baseUrl`. */
  matchPaths: (specifier: string) => string[];
}

const NO_PROJECT: Project = { settings: {}, matchPaths: () => [] };

const projects = new Map<string, Project>();
const parsedFiles = new Map<string, unknown>();

/** What a package was compiled with is not the business of the app that installed it. */
export function compilerSettings(filename: string): CompilerSettings {
  return projectOf(filename).settings;
}

export function pathAliases(specifier: string, importer: string): string[] {
  return projectOf(importer).matchPaths(specifier);
}

function projectOf(filename: string): Project {
  if (isInNodeModules(filename)) return NO_PROJECT;
  const folder = path.dirname(filename);
  let project = projects.get(folder);
  if (!project) {
    project = findProject(folder);
    projects.set(folder, project);
  }
  return project;
}

function findProject(folder: string): Project {
  const found = readTsconfig(folder);
  if (!found) return NO_PROJECT;
  const options: Record<string, unknown> = { ...found.config.compilerOptions };
  const present = SETTINGS.filter((name) => options[name] !== undefined);
  return {
    settings: Object.fromEntries(present.map((name) => [name, runnable(name, options[name])])),
    matchPaths: createPathsMatcher(found) ?? NO_PROJECT.matchPaths,
  };
}

/** Node cannot run JSX that was left for a bundler. */
function runnable(name: string, value: unknown): unknown {
  const left = name === "jsx" && (value === "preserve" || value === "react-native");
  return left ? "react-jsx" : value;
}

function readTsconfig(folder: string): TsConfigResult | null {
  try {
    return getTsconfig(folder, "tsconfig.json", parsedFiles);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EverstepError("SYNTAX_INVALID", `The tsconfig.json for ${folder}: ${reason}`, {
      cause,
      at: folder,
    });
  }
}
