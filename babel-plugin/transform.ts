import { type ParserOptions, transformSync } from "@babel/core";
import type { FileMetadata } from "./metadata";
import type { Mode } from "./options";
import { mayConcernCompiler } from "./quick-check";
import everstepPlugin from "./index";

export interface TransformInput {
  code: string;
  /** The file's path; ids are made from its real path. */
  filename: string;
  mode?: Mode;
  root?: string;
}

export interface TransformOutput {
  /** Directives compiled away; TypeScript and JSX syntax is as it was. */
  code: string;
  map: SourceMap;
  metadata: FileMetadata;
}

/** A source map, version 3, as Babel gives it. */
export interface SourceMap {
  version: number;
  sources: string[];
  sourcesContent?: (string | null)[];
  names: string[];
  mappings: string;
}

/**
 * Compiles the directives of one file and touches nothing else. Null when the file has nothing for
 * the compiler, so callers can use the source as it is.
 */
export function transformSource(input: TransformInput): TransformOutput | null {
  const mode = input.mode ?? "host";
  if (!mayConcernCompiler(input.code, mode)) return null;
  const result = transformSync(input.code, {
    filename: input.filename,
    configFile: false,
    babelrc: false,
    browserslistConfigFile: false,
    sourceType: "unambiguous",
    sourceMaps: true,
    compact: false,
    parserOpts: { plugins: syntaxPlugins(input.filename), allowReturnOutsideFunction: true },
    plugins: [[everstepPlugin, { mode, root: input.root }]],
  });
  const metadata = (result?.metadata as { everstep?: FileMetadata } | undefined)?.everstep;
  if (!result?.code || !result.map || !metadata) return null;
  return { code: result.code, map: result.map as SourceMap, metadata };
}

/** The syntax a file may use, by its extension; decorators in the form that TypeScript knows. */
function syntaxPlugins(filename: string): NonNullable<ParserOptions["plugins"]> {
  const common = [
    "decorators-legacy",
    "decoratorAutoAccessors",
    "explicitResourceManagement",
  ] as const;
  if (/\.[cm]?ts$/.test(filename)) return ["typescript", ...common];
  return filename.endsWith(".tsx") ? ["typescript", "jsx", ...common] : ["jsx", ...common];
}
