/**
 * Source files to bundle and manifest, in one pass or again and again.
 *
 * - C1 A build answers with every error of every file, or with a bundle; it writes nothing.
 * - C2 A build after an edit does the work of what changed: compiling is kept by file, bundling by
 *   batch of workflows, guarding by module text.
 * - C3 esbuild, which has a process of its own, never waits for the compiler to be through: batches
 *   start as their files are compiled, and the compiler pauses between files to answer it.
 */
import type { Bundle } from "../contract/bundle";
import { EverstepError } from "../contract/error";
import type { Manifest } from "../contract/manifest";
import { assembleBundle, type AssembledBundle } from "./assemble";
import { crawlImports, importsOf, type Crawl } from "./crawl";
import { discoverFiles } from "./discover";
import { GuardCache } from "./guard-cache";
import { chooseGuardNames } from "./guarded-code";
import { findDuplicates, makeManifest, type FoundFiles } from "./make-manifest";
import type { Project } from "./project";
import { SourceCache } from "./source-cache";
import { findSurvivors } from "./survivors";
import type { BatchResult, WorkflowBatch } from "./workflow-batch";
import { WorkflowBatches } from "./workflow-batches";

export interface BuildResult {
  bundle: AssembledBundle;
  manifest: Manifest;
}

export class WorkflowBuilder {
  private readonly sources: SourceCache;
  private readonly batches: WorkflowBatches;
  /** Written to since they were last built. */
  private readonly changed = new Set<string>();
  private guards = new GuardCache(chooseGuardNames([]));
  private crawl: (Crawl & { from: string }) | undefined;

  constructor(
    private readonly project: Project,
    private readonly entries: string[] | undefined,
    options: { keepsCompiled: boolean },
  ) {
    this.sources = new SourceCache(project, options.keepsCompiled);
    this.batches = new WorkflowBatches(project, this.sources);
  }

  /** Everything that is known to be wrong, or the bundle. */
  async build(): Promise<BuildResult | EverstepError[]> {
    this.noteChanges();
    const discovery = discoverFiles(this.project, this.entries, this.sources);
    const crawling = this.findFiles(discovery.files, [...this.changed]);
    this.changed.clear();
    const errors = [...discovery.errors];
    const found: FoundFiles = new Map();
    this.batches.begin(discovery.files.length);
    await this.compileFiles(discovery.files, found, errors);
    await this.compileFiles(await crawling, found, errors);
    const results = await this.finishBatches(found, errors);
    for (const { metafile } of results) this.sources.watch(Object.keys(metafile.inputs));
    errors.push(...findDuplicates(this.project, found));
    if (errors.length > 0) return errors;
    return this.assemble(found, results);
  }

  /** Whether anything was written to since the last build, or a file with directives was added. */
  hasChanged(): boolean {
    if (!this.crawl) return true;
    this.noteChanges();
    const discovery = discoverFiles(this.project, this.entries, this.sources);
    return this.changed.size > 0 || discovery.files.join("\n") !== this.crawl.from;
  }

  private noteChanges(): void {
    for (const file of this.sources.forgetChanged()) {
      this.changed.add(file);
      this.batches.noteChange(file);
    }
  }

  private async findFiles(files: string[], changed: string[]): Promise<string[]> {
    const from = files.join("\n");
    if (this.crawl?.from === from && !changed.some((file) => this.importsOther(file))) {
      return this.crawl.files;
    }
    this.crawl = { ...(await crawlImports(this.project, files, this.sources)), from };
    return this.crawl.files;
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

  private async compileFiles(
    files: string[],
    found: FoundFiles,
    errors: EverstepError[],
  ): Promise<void> {
    for (const file of files) {
      if (found.has(file)) continue;
      try {
        const compiled = this.sources.compile(file);
        if (Array.isArray(compiled)) addNew(errors, compiled);
        else if (compiled) {
          found.set(file, compiled.metadata);
          this.startEarly(this.batches.add(file, compiled.metadata));
        }
      } catch (error) {
        if (!(error instanceof EverstepError)) throw error;
        addNew(errors, [error]);
      }
      await pause();
    }
  }

  /** Adds to `found` what only the graph leads to: files of packages that have directives. */
  private async finishBatches(found: FoundFiles, errors: EverstepError[]): Promise<BatchResult[]> {
    for (;;) {
      const results = await Promise.all(this.batches.all().map((batch) => this.bundle(batch)));
      let isMore = false;
      for (const [file, compiled] of results.flatMap((result) => [...result.compiled])) {
        if (Array.isArray(compiled)) addNew(errors, compiled);
        else if (compiled && !found.has(file)) {
          found.set(file, compiled.metadata);
          this.batches.add(file, compiled.metadata);
          isMore ||= compiled.metadata.workflows.length > 0;
        }
      }
      if (isMore) continue;
      errors.push(...results.flatMap((result) => result.errors));
      errors.push(...findSurvivors(this.project, this.sources, results));
      return results;
    }
  }

  private startEarly(batch: WorkflowBatch | undefined): void {
    // What goes wrong goes wrong again when the batch is waited for.
    if (batch) this.bundle(batch).catch(() => {});
  }

  /** Guards are put in while other batches are with esbuild; `assemble` finds them in the cache. */
  private async bundle(batch: WorkflowBatch): Promise<BatchResult> {
    const result = await batch.build();
    for (const output of result.outputs) {
      this.guards.guard(output);
      await pause();
    }
    return result;
  }

  private assemble(found: FoundFiles, results: BatchResult[]): BuildResult {
    const outputs = results.flatMap((result) => result.outputs).sort(byId);
    const names = chooseGuardNames(outputs.map(({ code }) => code));
    if (this.guards.names.left !== names.left) this.guards = new GuardCache(names);
    const guarded = outputs.map((output) => ({ output, guarded: this.guards.guard(output) }));
    this.guards.retain(outputs);
    const bundle = assembleBundle(guarded, names);
    const manifest = makeManifest(this.project, found, describeBundle(bundle));
    return { bundle, manifest };
  }
}

function describeBundle({ hash, prelude }: Bundle): Pick<Manifest, "bundle" | "prelude"> {
  const file = `bundle-${hash.slice(0, 16)}.js`;
  return { prelude, bundle: { file, map: `${file}.map`, hash } };
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}

/** The same file is compiled once, so its errors are the same objects. */
function addNew(errors: EverstepError[], more: EverstepError[]): void {
  for (const error of more) if (!errors.includes(error)) errors.push(error);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
