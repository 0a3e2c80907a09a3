/** Runs esbuild over the sandbox graph: one output for each workflow, with only what it reaches. */
import type { BuildContext, BuildFailure, BuildOptions, Metafile } from "esbuild";
import type { EverstepError } from "../contract/error";
import type { Project } from "./project";
import { ENTRY, type SandboxGraph } from "./sandbox-graph";
import { startEsbuild } from "./start-esbuild";

export interface GraphOutput {
  id: string;
  code: string;
  map: string;
  /** The modules in it, as esbuild calls them in comments. */
  inputs: ReadonlySet<string>;
}

export interface GraphResult {
  /** In the order of their ids. */
  outputs: GraphOutput[];
  metafile: Metafile;
}

/** Keeps esbuild's own state between builds for as long as the entry points are the same. */
export class GraphBuilder {
  private context: BuildContext | undefined;
  private contextIds = "";

  constructor(
    private readonly project: Project,
    private readonly graph: SandboxGraph,
    private readonly keepsState: boolean,
  ) {}

  /** Answers with errors when the graph is broken. */
  async build(): Promise<GraphResult | EverstepError[]> {
    const ids = [...this.graph.workflows.keys()].sort();
    if (ids.length === 0) return { outputs: [], metafile: { inputs: {}, outputs: {} } };
    try {
      const { outputFiles, metafile } = await this.run(ids);
      const files = new Map(outputFiles!.map((file) => [file.path, file]));
      return { outputs: readOutputs(ids, files, metafile!), metafile: metafile! };
    } catch (error) {
      const { errors } = error as Partial<BuildFailure>;
      if (!errors) throw error;
      return errors.map((message) => this.graph.describeError(message));
    }
  }

  async dispose(): Promise<void> {
    await this.context?.dispose();
    this.context = undefined;
  }

  private async run(ids: string[]) {
    const esbuild = startEsbuild();
    const options = this.options(ids);
    if (!this.keepsState) return esbuild.build(options);
    const key = ids.join("\n");
    if (!this.context || this.contextIds !== key) {
      await this.dispose();
      this.context = await esbuild.context(options);
      this.contextIds = key;
    }
    return this.context.rebuild();
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
  files: Map<string, { text: string }>,
  metafile: Metafile,
): GraphOutput[] {
  const byEntry = new Map<string, string>();
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint !== undefined) byEntry.set(entryPoint, output);
  }
  const texts = new Map([...files].map(([path, { text }]) => [path.replace(/^.*[\\/]/, ""), text]));
  return ids.map((id) => {
    const name = byEntry.get(`${ENTRY}:${id}`)!;
    const inputs = new Set(Object.keys(metafile.outputs[name]!.inputs));
    return { id, code: texts.get(name)!, map: texts.get(`${name}.map`)!, inputs };
  });
}
