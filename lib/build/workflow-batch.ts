/**
 * Some of the workflows of a build, bundled together: one output each, with only what it reaches.
 *
 * Batches let esbuild work on some workflows while others are still being compiled, and let an edit
 * cost the workflows that reach it. What an output contains does not depend on its batch.
 *
 * esbuild's own way of building again (a context) is not used: it keeps the process alive until it is
 * disposed, and a program in development must be able to just end.
 */
import type { BuildFailure, BuildOptions, Metafile } from "esbuild";
import path from "node:path";
import type { EverstepError } from "../contract/error";
import type { WorkflowSource } from "./entry-module";
import type { Project } from "./project";
import { ENTRY, SandboxGraph } from "./sandbox-graph";
import type { Compiled, SourceCache } from "./source-cache";
import { startEsbuild } from "./start-esbuild";

export interface GraphOutput {
  id: string;
  code: string;
  map: string;
  /** The modules in it, as esbuild calls them in comments. */
  inputs: ReadonlySet<string>;
}

export interface BatchResult {
  /** Empty when the graph is broken. */
  outputs: GraphOutput[];
  metafile: Metafile;
  errors: EverstepError[];
  /** The files that had something to compile. */
  compiled: ReadonlyMap<string, Compiled>;
}

interface BuiltBatch {
  ids: string;
  result: Promise<BatchResult>;
  /** Real paths. */
  inputs: Set<string>;
  isBroken?: boolean;
}

export class WorkflowBatch {
  private workflows = new Map<string, WorkflowSource>();
  private readonly graph: SandboxGraph;
  private last: BuiltBatch | undefined;

  constructor(
    private readonly project: Project,
    sources: SourceCache,
  ) {
    this.graph = new SandboxGraph(project, sources);
  }

  get size(): number {
    return this.workflows.size;
  }

  /** Before a new build names its workflows. */
  begin(): void {
    this.workflows = new Map();
    // What mends a broken graph may be a file that is not in it.
    if (this.last?.isBroken) this.last = undefined;
  }

  add(source: WorkflowSource): void {
    this.workflows.set(source.workflow.id, source);
  }

  /** What was built before holds no longer if the file is part of it. */
  noteChange(file: string): void {
    if (this.last?.inputs.has(file)) this.last = undefined;
  }

  /** Builds, unless nothing that matters changed since. */
  build(): Promise<BatchResult> {
    const ids = [...this.workflows.keys()].sort();
    const key = ids.join("\n");
    if (this.last?.ids === key) return this.last.result;
    const last: BuiltBatch = { ids: key, result: this.bundle(ids), inputs: new Set() };
    this.last = last;
    return last.result.then((result) => {
      for (const input of Object.keys(result.metafile.inputs)) {
        last.inputs.add(path.resolve(this.project.root, input));
      }
      last.isBroken = result.errors.length > 0;
      return result;
    });
  }

  private async bundle(ids: string[]): Promise<BatchResult> {
    this.graph.compiled.clear();
    this.graph.workflows = this.workflows;
    const { compiled } = this.graph;
    const nothing = { outputs: [], metafile: { inputs: {}, outputs: {} }, errors: [], compiled };
    if (ids.length === 0) return nothing;
    try {
      const { outputFiles, metafile } = await startEsbuild().build(this.options(ids));
      return {
        ...nothing,
        outputs: readOutputs(ids, outputFiles!, metafile!),
        metafile: metafile!,
      };
    } catch (error) {
      const { errors } = error as Partial<BuildFailure>;
      if (!errors) throw error;
      return { ...nothing, errors: errors.map((message) => this.graph.describeError(message)) };
    }
  }

  private options(ids: string[]): BuildOptions {
    return {
      absWorkingDir: this.project.root,
      entryPoints: ids.map((id, index) => ({ in: `${ENTRY}:${id}`, out: String(index) })),
      outdir: this.project.root,
      bundle: true,
      write: false,
      metafile: true,
      format: "iife",
      target: "es2022",
      // Node answers it in a realm with an error of its own realm; a call of `require` throws there.
      supported: { "dynamic-import": false },
      sourcemap: "external",
      sourcesContent: false,
      keepNames: true,
      legalComments: "none",
      logLevel: "silent",
      logLimit: 0,
      // The sandbox is neither Node nor a page: what is made for workers fits best.
      platform: "browser",
      mainFields: ["browser", "module", "main"],
      conditions: ["workflow", "worker", "browser"],
      loader: { ".js": "jsx" },
      // Read when a workflow runs; for browsers esbuild would fill it in.
      define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
      plugins: [{ name: "everstep", setup: (build) => this.graph.setup(build) }],
    };
  }
}

function readOutputs(
  ids: string[],
  files: { path: string; text: string }[],
  metafile: Metafile,
): GraphOutput[] {
  const byEntry = new Map<string, string>();
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint !== undefined) byEntry.set(entryPoint, output);
  }
  const texts = new Map(files.map((file) => [path.basename(file.path), file]));
  return ids.map((id) => {
    const name = byEntry.get(`${ENTRY}:${id}`)!;
    const inputs = new Set(Object.keys(metafile.outputs[name]!.inputs));
    return {
      id,
      code: texts.get(name)!.text,
      // Decoded when somebody asks: in development that is when something was thrown.
      get map() {
        return texts.get(`${name}.map`)!.text;
      },
      inputs,
    };
  });
}
