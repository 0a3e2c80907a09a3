/**
 * Source files to bundle and manifest, in one pass or again and again.
 *
 * - C1 A build answers with every error of every file, or with a bundle; it writes nothing.
 * - C2 A build after an edit does the work of the files that changed: compiling is kept by file,
 *   guarding by module text, resolving and parsing by esbuild.
 */
import type { Bundle } from "../contract/bundle";
import { EverstepError } from "../contract/error";
import type { Manifest } from "../contract/manifest";
import { assembleBundle, type AssembledBundle } from "./assemble";
import { type GraphResult, GraphBuilder } from "./bundle-graph";
import { crawlImports, importsOf, type Crawl } from "./crawl";
import { discoverFiles } from "./discover";
import { GuardCache } from "./guard-cache";
import { chooseGuardNames } from "./guarded-code";
import { findDuplicates, makeManifest, type FoundFiles } from "./make-manifest";
import type { Project } from "./project";
import { SandboxGraph } from "./sandbox-graph";
import { SourceCache } from "./source-cache";
import { startEsbuild } from "./start-esbuild";
import { findSurvivors } from "./survivors";

export interface BuildResult {
  bundle: AssembledBundle;
  manifest: Manifest;
  /** The source files that went into it, by their real paths. */
  files: string[];
}

export class WorkflowBuilder {
  private readonly sources: SourceCache;
  private readonly graph: SandboxGraph;
  private readonly builder: GraphBuilder;
  /** Written to since they were last built. */
  private readonly changed = new Set<string>();
  private guards: GuardCache | undefined;
  private crawl: (Crawl & { from: string }) | undefined;

  constructor(
    private readonly project: Project,
    private readonly entries: string[] | undefined,
    options: { keepsState: boolean },
  ) {
    this.sources = new SourceCache(project);
    this.graph = new SandboxGraph(project, this.sources);
    this.builder = new GraphBuilder(project, this.graph, options.keepsState);
  }

  /** Everything that is known to be wrong, or the bundle. */
  async build(): Promise<BuildResult | EverstepError[]> {
    this.noteChanges();
    const discovery = discoverFiles(this.project, this.entries, this.sources);
    const files = await this.findFiles(discovery.files, [...this.changed]);
    this.changed.clear();
    this.graph.compiled.clear();
    const errors = [...discovery.errors];
    const found = this.compileFiles(files, errors);
    const result = await this.bundle(found, errors);
    errors.push(...findDuplicates(this.project, found));
    if (!result || errors.length > 0) return errors;
    return this.finish(found, result);
  }

  /** Whether anything was written to since the last build, or a file with directives was added. */
  hasChanged(): boolean {
    if (!this.crawl) return true;
    this.noteChanges();
    const discovery = discoverFiles(this.project, this.entries, this.sources);
    return this.changed.size > 0 || discovery.files.join("\n") !== this.crawl.from;
  }

  dispose(): Promise<void> {
    return this.builder.dispose();
  }

  private noteChanges(): void {
    for (const file of this.sources.forgetChanged()) this.changed.add(file);
  }

  private async findFiles(files: string[], changed: string[]): Promise<string[]> {
    const from = files.join("\n");
    if (this.crawl?.from === from && !changed.some((file) => this.importsOther(file))) {
      return this.crawl.files;
    }
    const esbuild = startEsbuild();
    const crawl = await crawlImports(files, this.sources, (options) =>
      esbuild.build({
        ...options,
        absWorkingDir: this.project.root,
        outdir: this.project.root,
        bundle: true,
        write: false,
        format: "esm",
        platform: "neutral",
        mainFields: ["module", "main"],
        conditions: ["workflow"],
        logLevel: "silent",
      }),
    );
    this.crawl = { ...crawl, from };
    return crawl.files;
  }

  /** Whether the file leads, or may lead, to other files than when it was last crawled. */
  private importsOther(file: string): boolean {
    const before = this.crawl?.imports.get(file);
    try {
      const isMarked = this.crawl?.files.includes(file) ?? false;
      const after = importsOf(this.sources.read(file).text);
      return (
        isMarked !== this.sources.hasDirective(file) || before?.join("\n") !== after.join("\n")
      );
    } catch {
      return true;
    }
  }

  private compileFiles(files: string[], errors: EverstepError[]): FoundFiles {
    const found: FoundFiles = new Map();
    for (const file of files) {
      try {
        const compiled = this.sources.compile(file);
        if (Array.isArray(compiled)) errors.push(...compiled);
        else if (compiled) found.set(file, compiled.metadata);
      } catch (error) {
        if (!(error instanceof EverstepError)) throw error;
        errors.push(error);
      }
    }
    return found;
  }

  /** Adds to `found` what only the graph leads to: files of packages that have directives. */
  private async bundle(
    found: FoundFiles,
    errors: EverstepError[],
  ): Promise<GraphResult | undefined> {
    for (;;) {
      const before = found.size;
      this.graph.workflows = workflowSources(found);
      const result = await this.builder.build();
      for (const [file, compiled] of this.graph.compiled) {
        if (Array.isArray(compiled)) addNew(errors, compiled);
        else if (compiled) found.set(file, compiled.metadata);
      }
      if (workflowSources(found).size > this.graph.workflows.size && found.size > before) continue;
      if (Array.isArray(result)) {
        errors.push(...result);
        return undefined;
      }
      this.sources.watch(Object.keys(result.metafile.inputs));
      errors.push(...findSurvivors(this.project, this.sources, result.metafile));
      return result;
    }
  }

  private finish(found: FoundFiles, { outputs }: GraphResult): BuildResult {
    const names = chooseGuardNames(outputs.map(({ code }) => code));
    if (this.guards?.names.left !== names.left) this.guards = new GuardCache(names);
    const guards = this.guards;
    const guarded = outputs.map((output) => ({
      ...output,
      guarded: guards.guard(output.code, output.inputs),
    }));
    guards.forgetUnused();
    const bundle = assembleBundle(guarded, names);
    const manifest = makeManifest(this.project, found, describeBundle(bundle));
    return { bundle, manifest, files: [...found.keys()].sort() };
  }
}

function describeBundle({ hash, prelude }: Bundle): Pick<Manifest, "bundle" | "prelude"> {
  const file = `bundle-${hash.slice(0, 16)}.js`;
  return { prelude, bundle: { file, map: `${file}.map`, hash } };
}

function workflowSources(found: FoundFiles): SandboxGraph["workflows"] {
  const workflows: SandboxGraph["workflows"] = new Map();
  for (const [file, metadata] of found) {
    for (const workflow of metadata.workflows) workflows.set(workflow.id, { file, workflow });
  }
  return workflows;
}

/** The same file is compiled once, so its errors are the same objects. */
function addNew(errors: EverstepError[], more: EverstepError[]): void {
  for (const error of more) if (!errors.includes(error)) errors.push(error);
}
