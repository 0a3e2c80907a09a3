/**
 * The modules of the bundle, as esbuild gets them: files with directives compiled for the sandbox,
 * everything else as it is, and stand-ins for what a workflow cannot have.
 *
 * A stand-in is named after who imports it, so that the build can tell afterwards whose import it
 * was that survived pruning and tree shaking: one in the app's own source is an error.
 */
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type {
  Loader,
  Message,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  PluginBuild,
} from "esbuild";
import path from "node:path";
import type { SourceMap } from "../../babel-plugin/transform";
import { EverstepError } from "../contract/error";
import { located } from "./compile-errors";
import { isSourceFile } from "./discover";
import { entryModule, type WorkflowSource } from "./entry-module";
import { codeFrame } from "./frame";
import { ASSET_SPECIFIER, BUILTIN_SPECIFIER, refusalOf, STUB_FACTORY } from "./node-modules";
import { installedPackageName, isInstalled, relativeFile, type Project } from "./project";
import type { Compiled, SourceCache } from "./source-cache";

export const ENTRY = "everstep-entry";
/** `everstep-own:fs#src/files.ts`: imported by the app's own source. */
export const OWN = "everstep-own";
const PACKAGE = "everstep-package";
const STUB = "everstep-stub";

/** A build resolves such a specifier itself first, to see whether a package brings its own. */
const ASKED = "asked";

export class SandboxGraph {
  /** The files that had something to compile, in the order in which esbuild met them. */
  readonly compiled = new Map<string, Compiled>();
  /** By their ids; the entry points of the build. */
  workflows = new Map<string, WorkflowSource>();

  constructor(
    private readonly project: Project,
    private readonly sources: SourceCache,
  ) {}

  setup(build: PluginBuild): void {
    build.onResolve({ filter: new RegExp(`^${ENTRY}:`) }, ({ path: id }) => ({
      path: id.slice(ENTRY.length + 1),
      namespace: ENTRY,
    }));
    build.onResolve({ filter: /^everstep-stub$/ }, () => ({ path: STUB, namespace: STUB }));
    const refuse = (args: OnResolveArgs) => this.resolveRefused(build, args);
    build.onResolve({ filter: BUILTIN_SPECIFIER }, refuse);
    build.onResolve({ filter: ASSET_SPECIFIER }, refuse);
    build.onLoad({ filter: /.*/, namespace: ENTRY }, ({ path: id }) => this.loadEntry(id));
    build.onLoad({ filter: /.*/, namespace: STUB }, () => ({ contents: STUB_FACTORY }));
    build.onLoad({ filter: /.*/, namespace: OWN }, ({ path: key }) => loadStub(key));
    build.onLoad({ filter: /.*/, namespace: PACKAGE }, ({ path: key }) => loadStub(key));
    build.onLoad({ filter: /\.(?:[cm]?[jt]s|[jt]sx)$/, namespace: "file" }, ({ path: file }) =>
      this.loadSource(file),
    );
  }

  /** An error of esbuild, at its place in what the user wrote. */
  describeError({ text, location }: Message): EverstepError {
    const code = codeOfMessage(text);
    if (!location) return new EverstepError(code, text);
    const { file } = location;
    const source = path.resolve(this.project.root, file);
    const place = this.originalPlace(source, location.line, location.column);
    const known = this.sources.find(source)?.text;
    // What esbuild read by itself is known by one line of it.
    const frame = codeFrame(
      known ?? "\n".repeat(place.line - 1) + location.lineText,
      place.line,
      place.column,
    );
    return located(code, text, { file, ...place, frame });
  }

  /** Lines from 1; columns from 0 in the compiled code, from 1 in the answer. */
  private originalPlace(file: string, line: number, column: number) {
    const compiled = this.compiled.get(file);
    if (!compiled || Array.isArray(compiled)) return { line, column: column + 1 };
    const trace = new TraceMap(JSON.stringify(compiled.map));
    const found = originalPositionFor(trace, { line, column });
    return { line: found.line ?? line, column: (found.column ?? column) + 1 };
  }

  private loadEntry(id: string): OnLoadResult {
    const contents = entryModule(this.project, this.workflows.get(id)!);
    return { contents, resolveDir: this.project.root };
  }

  private loadSource(file: string): OnLoadResult | undefined {
    if (!isSourceFile(file)) return undefined;
    const compiled = this.sources.compile(file);
    if (compiled === null) return undefined;
    this.compiled.set(file, compiled);
    // Its errors are reported; the rest of the graph is still looked at, for errors of its own.
    if (Array.isArray(compiled)) return { contents: "module.exports = {};", loader: "js" };
    const contents = compiled.code + inlineMap(compiled.map, file);
    return { contents, loader: loaderOf(file) };
  }

  private async resolveRefused(
    build: PluginBuild,
    { path: specifier, importer, resolveDir, kind, pluginData }: OnResolveArgs,
  ): Promise<OnResolveResult | undefined> {
    if (pluginData === ASKED || kind === "entry-point") return undefined;
    const shared = { sideEffects: false };
    if (this.isOwn(importer)) {
      const path = `${specifier}#${relativeFile(this.project, importer)}`;
      return { path, namespace: OWN, ...shared };
    }
    if (!specifier.startsWith("node:") && !ASSET_SPECIFIER.test(specifier)) {
      const options = { importer, resolveDir, kind, pluginData: ASKED };
      const found = await build.resolve(specifier, options);
      const isMappedAway = found.errors.length === 0 && found.namespace === "";
      if (isMappedAway) return undefined;
      if (found.errors.length === 0 && !found.external) {
        return { path: found.path, namespace: found.namespace, sideEffects: found.sideEffects };
      }
    }
    const path = `${specifier}#${installedPackageName(importer)}`;
    return { path, namespace: PACKAGE, ...shared };
  }

  private isOwn(importer: string): boolean {
    return !isInstalled(importer) || this.sources.hasDirective(importer);
  }
}

function codeOfMessage(text: string): EverstepError["code"] {
  if (/^(?:Expected|Unexpected|Unterminated|Syntax error|Invalid)\b/.test(text)) {
    return "SYNTAX_INVALID";
  }
  return text.startsWith("Could not read") ? "FILE_UNREADABLE" : "BUNDLE_FAILED";
}

/** A folder may have the sign in its name, a specifier of Node's has not. */
export function readStandIn(key: string): { specifier: string; importer: string } {
  const at = key.indexOf("#");
  return { specifier: key.slice(0, at), importer: key.slice(at + 1) };
}

function loadStub(key: string): OnLoadResult {
  const { specifier, importer: owner } = readStandIn(key);
  const text = `${refusalOf(specifier)} (It is used by ${owner}.)`;
  const contents = `module.exports = require("everstep-stub")(${JSON.stringify(text)});\n`;
  return { contents, resolveDir: "/" };
}

function inlineMap(map: SourceMap, file: string): string {
  const own = { ...map, sources: [path.basename(file)], sourcesContent: undefined };
  const encoded = Buffer.from(JSON.stringify(own)).toString("base64");
  return `\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

function loaderOf(file: string): Loader {
  if (file.endsWith(".tsx")) return "tsx";
  return /\.[cm]?ts$/.test(file) ? "ts" : "jsx";
}
