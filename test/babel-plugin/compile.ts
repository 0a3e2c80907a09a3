import path from "node:path";
import { transformSync } from "@babel/core";
import type { FileMetadata } from "../../babel-plugin/metadata";
import type { Mode } from "../../babel-plugin/options";
import { transformSource } from "../../babel-plugin/transform";

export const MODES: readonly Mode[] = ["host", "step", "client", "workflow"];

/** A file that lies in no package, so its module name is the file's own: `./input`. */
export function fixturePath(file: string): string {
  return path.join(path.parse(process.cwd()).root, "everstep-fixture", file);
}

export function compile(code: string, mode: Mode = "host", file = "input.ts"): string {
  return transformSource({ code, filename: fixturePath(file), mode })?.code ?? code;
}

export function metadata(code: string, mode: Mode = "host", file = "input.ts"): FileMetadata {
  const output = transformSource({ code, filename: fixturePath(file), mode });
  if (!output) throw new Error("The source has nothing for the compiler");
  return output.metadata;
}

/** Compiled TypeScript or JSX as a CommonJS script that Node can run. */
export function toScript(code: string, file = "input.ts"): string {
  const result = transformSync(code, {
    filename: fixturePath(file),
    configFile: false,
    babelrc: false,
    sourceType: "unambiguous",
    presets: [
      [require.resolve("@babel/preset-env"), { targets: { node: "current" } }],
      [require.resolve("@babel/preset-typescript"), { allowDeclareFields: true }],
    ],
    parserOpts: { plugins: ["jsx", "decorators-legacy"] },
  });
  return result?.code ?? "";
}
