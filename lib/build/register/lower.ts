/** TypeScript, JSX, decorators and `using`, by esbuild: what is left is what this Node can run. */
import { transformSync } from "esbuild";
import type { TransformOptions, TransformResult } from "esbuild";
import type { SourceMap } from "../../../babel-plugin/transform";
import { appendMap, type Emitted, type EmitInput } from "./emitted";
import type { ModuleFormat } from "./source-kind";
import { fromEsbuild, messagesOf } from "./syntax-errors";

/** esbuild wraps a class that mentions itself, and its `name` would change with that. */
const RENAMED_CLASS = /= class _[\w$]/;
const IMPORT_EQUALS = /\bimport\s+(?:type\s+)?[\w$]+\s*=\s*require\s*\(/;
const DECLARES_REQUIRE = /\b(?:const|let|var|function|as)\s+require\b/;
const CREATE_REQUIRE =
  'import { createRequire as everstepCreateRequire } from "node:module";' +
  " const require = everstepCreateRequire(import.meta.url);";

export function lowerSyntax(input: EmitInput, compiled: Emitted): Emitted {
  const code = compiled.map ? appendMap(compiled.code, compiled.map) : compiled.code;
  if (input.format !== "either") return run(input, code, input.format);
  const commonjs = attempt(input, code, "commonjs");
  return commonjs === "module only" ? run(input, code, "module") : commonjs;
}

function run(input: EmitInput, code: string, format: ModuleFormat | null): Emitted {
  try {
    return emitted(transform(input, code, format), format);
  } catch (failure) {
    throw fromEsbuild(failure, input);
  }
}

/** Top-level `await` and `import.meta` exist in modules only; esbuild knows them from look-alikes. */
function attempt(input: EmitInput, code: string, format: ModuleFormat): Emitted | "module only" {
  try {
    const result = transform(input, code, format);
    const usesMeta = result.warnings.some((warning) => warning.id === "empty-import-meta");
    return usesMeta ? "module only" : emitted(result, format);
  } catch (failure) {
    const awaits = messagesOf(failure).some((error) => error.text.startsWith("Top-level await"));
    if (awaits) return "module only";
    throw fromEsbuild(failure, input);
  }
}

function transform(input: EmitInput, code: string, format: ModuleFormat | null): TransformResult {
  const options = optionsFor(input, format);
  const result = transformSync(code, options);
  if (!RENAMED_CLASS.test(result.code) || RENAMED_CLASS.test(input.source)) return result;
  return transformSync(code, { ...options, keepNames: true });
}

function optionsFor(input: EmitInput, format: ModuleFormat | null): TransformOptions {
  const { filename, source, kind, settings } = input;
  const needsRequire =
    format === "module" && IMPORT_EQUALS.test(source) && !DECLARES_REQUIRE.test(source);
  return {
    loader: kind?.loader ?? "js",
    format: format === null ? undefined : format === "module" ? "esm" : "cjs",
    platform: "node",
    target: `node${process.versions.node}`,
    sourcefile: filename,
    sourcemap: "external",
    sourcesContent: false,
    charset: "utf8",
    logLevel: "silent",
    banner: needsRequire ? CREATE_REQUIRE : undefined,
    tsconfigRaw: { compilerOptions: settings as Record<string, never> },
  };
}

function emitted(result: TransformResult, format: ModuleFormat | null): Emitted {
  return { code: result.code, map: JSON.parse(result.map) as SourceMap, format };
}
