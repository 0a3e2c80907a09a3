/**
 * What the compiler made of a file, kept between processes: a development server that starts again
 * compiles what was edited meanwhile, and does not even load Babel when nothing was.
 *
 * The key covers all that the result depends on: the compiler, the text, and how ids name the file.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { nameModule } from "../../babel-plugin/module-name";
import type { TransformOutput } from "../../babel-plugin/transform";
import type { Project } from "./project";
import { digest, readCached, writeCached } from "./register/cache";

export type CacheKey = { entry: string; key: string };

/** Throws what the compiler would: the root may not hold the file. */
export function cacheKey({ idRoot }: Project, file: string, text: string): CacheKey {
  const named = JSON.stringify(nameModule(file, idRoot));
  const key = digest((compilerVersion ??= versionOfCompiler()), file, named, text);
  return { entry: `${file}?workflow`, key };
}

export function readCompiled({ entry, key }: CacheKey): TransformOutput | null {
  const cached = readCached(entry, key);
  return cached && (JSON.parse(cached.code) as TransformOutput);
}

export function writeCompiled({ entry, key }: CacheKey, compiled: TransformOutput): void {
  writeCached(entry, key, { code: JSON.stringify(compiled), format: null });
}

let compilerVersion: string | undefined;

/** A plugin that was built again under the same version (a linked checkout) is another plugin. */
function versionOfCompiler(): string {
  const babel = createRequire(__filename).resolve("@babel/core/package.json");
  const folder = path.join(__dirname, "../../babel-plugin");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const stamps = files.map((name) => {
    const { size, mtimeMs } = statSync(path.join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return digest("1", readFileSync(babel, "utf8"), ...stamps);
}
