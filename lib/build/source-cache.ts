/**
 * The source files of a build, read and compiled once for as long as they do not change.
 *
 * A file is looked at again when its time or size changed, and compiled again when its text did.
 */
import { existsSync, readFileSync, statSync, type Stats } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { mayConcernCompiler } from "../../babel-plugin/quick-check";
import type * as TransformModule from "../../babel-plugin/transform";
import { EverstepError } from "../contract/error";
import { cacheKey, type CacheKey, readCompiled, writeCompiled } from "./compile-cache";
import { compileErrors } from "./compile-errors";
import { isInstalled, relativeFile, type Project } from "./project";

export interface SourceFile {
  file: string;
  text: string;
  /** What tells cheaply that the file has been written to. */
  stamp: string;
}

/** Null: the compiler has nothing to do in the file. */
export type Compiled = TransformModule.TransformOutput | EverstepError[] | null;

// As wide as the directives go: a file without this text has none.
const DIRECTIVE_TEXT = /["']use (?:workflow|step)["']/;

export class SourceCache {
  private readonly files = new Map<string, SourceFile>();
  private readonly compiled = new Map<string, { text: string; result: Compiled }>();

  constructor(
    private readonly project: Project,
    private readonly keepsOnDisk = false,
  ) {}

  /** Throws FILE_UNREADABLE. */
  read(file: string): SourceFile {
    const known = this.files.get(file);
    if (known) return known;
    try {
      const source = { file, stamp: stampOf(statSync(file)), text: readFileSync(file, "utf8") };
      this.files.set(file, source);
      return source;
    } catch (cause) {
      const shown = relativeFile(this.project, file);
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot read ${shown}: ${reason}`;
      throw new EverstepError("FILE_UNREADABLE", message, { cause, at: shown });
    }
  }

  /** The file, if it has been read. */
  find(file: string): SourceFile | undefined {
    return this.files.get(file);
  }

  hasDirective(file: string): boolean {
    const { text } = this.read(file);
    // In the app's own files a misspelt directive must be found, too.
    return isInstalled(file) ? DIRECTIVE_TEXT.test(text) : mayConcernCompiler(text, "host");
  }

  compile(file: string): Compiled {
    const { text } = this.read(file);
    const known = this.compiled.get(file);
    if (known?.text === text) return known.result;
    const result = this.compileNow(file, text);
    this.compiled.set(file, { text, result });
    return result;
  }

  private compileNow(file: string, text: string): Compiled {
    if (!mayConcernCompiler(text, "workflow")) return null;
    const compile = () => compileText(this.project, file, text, "workflow");
    return this.keepsOnDisk ? compileOnce(this.project, file, text, compile) : compile();
  }

  /** Takes note of files that esbuild reads by itself, so that a change of them is seen. */
  watch(inputs: string[]): void {
    for (const input of [...inputs, "package.json", "tsconfig.json"]) {
      const file = path.resolve(this.project.root, input);
      if (!this.files.has(file) && existsSync(file)) this.read(file);
    }
  }

  /** Forgets what has been written to or removed since; answers with those files. */
  forgetChanged(): string[] {
    const changed = [...this.files.values()].filter((source) => !isCurrent(source));
    for (const { file } of changed) this.files.delete(file);
    return changed.map(({ file }) => file);
  }
}

export function compileText(
  project: Project,
  file: string,
  text: string,
  mode: TransformModule.TransformInput["mode"],
): Compiled {
  const { transformSource } = loadTransform();
  const { idRoot } = project;
  const root = idRoot === undefined ? {} : { root: idRoot };
  try {
    return transformSource({ code: text, filename: file, mode, ...root });
  } catch (error) {
    return compileErrors(error, relativeFile(project, file), text);
  }
}

function compileOnce(
  project: Project,
  file: string,
  text: string,
  compile: () => Compiled,
): Compiled {
  let key: CacheKey;
  try {
    key = cacheKey(project, file, text);
  } catch {
    return compile();
  }
  const known = readCompiled(key);
  if (known) return known;
  const compiled = compile();
  if (compiled && !Array.isArray(compiled)) writeCompiled(key, compiled);
  return compiled;
}

/** Babel takes longer to load than esbuild to start, so it loads while esbuild is at work. */
function loadTransform(): typeof TransformModule {
  return createRequire(__filename)("../../babel-plugin/transform") as typeof TransformModule;
}

function isCurrent({ file, stamp }: SourceFile): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && stampOf(stats) === stamp;
}

function stampOf(stats: Stats): string {
  return `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}
