import type * as Esbuild from "esbuild";
import { createRequire } from "node:module";

/** Loaded when a build begins: an app that runs on a bundle it finds needs no bundler. */
export function startEsbuild(): typeof Esbuild {
  return createRequire(__filename)("esbuild") as typeof Esbuild;
}
