/**
 * Compiles directives for Vite, and so for Vitest: `plugins: [everstep()]`. It leaves TypeScript and
 * everything else of a file to the plugins behind it.
 */
import { existsSync } from "node:fs";
import { type SourceMap, transformSource } from "../../babel-plugin/transform";
import { isSourceFile } from "./discover";

export interface EverstepViteOptions {
  /** The folder that ids are relative to; by default that of the nearest package.json above a file. */
  root?: string;
}

/** What Vite takes for a plugin. */
export interface EverstepVitePlugin {
  name: string;
  /** Ahead of what takes comments, types and names away. */
  enforce: "pre";
  transform(code: string, id: string): { code: string; map: SourceMap } | null;
}

export function everstep({ root }: EverstepViteOptions = {}): EverstepVitePlugin {
  return {
    name: "everstep",
    enforce: "pre",
    transform(code, id) {
      // Vite tells forms of one file apart by what stands behind a question mark.
      const filename = id.replace(/[?#].*$/, "");
      if (!isSourceFile(filename) || !existsSync(filename)) return null;
      const result = transformSource({ code, filename, ...(root !== undefined && { root }) });
      return result && { code: result.code, map: result.map };
    },
  };
}
