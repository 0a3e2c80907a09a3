/** Compiles one file: our directives first, then TypeScript, JSX and `using` down to what Node runs. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type * as Plugin from "../../../babel-plugin/transform";
import type { SourceMap } from "../../../babel-plugin/transform";
import { mayConcernCompiler } from "../../../babel-plugin/quick-check";
import type { CompiledFile } from "./cache";
import { appendMap, type Emitted, type EmitInput } from "./emitted";
import type * as Esbuild from "./lower";
import { fromBabel, isBabelSyntaxError } from "./syntax-errors";

const load = createRequire(__filename);

/** Only a file without it may be left to those who can read it: a package may use odd syntax. */
const DIRECTIVE = /["']use (?:step|workflow)["']/;

export function emit(input: EmitInput): CompiledFile {
  const { code, map, format } = lower(input, compileDirectives(input));
  return { code: map ? appendMap(code, namingSource(map, input.filename)) : code, format };
}

/** Babel takes a tenth of a second to load, so a program without directives never does. */
function compileDirectives(input: EmitInput): Emitted {
  const { filename, source } = input;
  const untouched = { code: source, map: null, format: null };
  if (!mayConcernCompiler(source, "host")) return untouched;
  const plugin = load("../../../babel-plugin/transform") as typeof Plugin;
  try {
    const output = plugin.transformSource({ code: source, filename, mode: "host" });
    return output ? { code: output.code, map: output.map, format: null } : untouched;
  } catch (failure) {
    if (isBabelSyntaxError(failure) && !DIRECTIVE.test(source)) return untouched;
    throw fromBabel(failure, input);
  }
}

function lower(input: EmitInput, compiled: Emitted): Emitted {
  const needed = input.kind !== null || (compiled.map !== null && /\busing\b/.test(input.source));
  if (!needed) return compiled;
  const esbuild = load("./lower") as typeof Esbuild;
  return esbuild.lowerSyntax(input, compiled);
}

/** One file went in, so there is one source; the text stays on disk, where debuggers look for it. */
function namingSource(map: SourceMap, filename: string): SourceMap {
  const { version, names, mappings } = map;
  return { version, sources: [pathToFileURL(filename).href], names, mappings };
}
