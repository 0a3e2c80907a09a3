/** The build: the app's source files to one sandbox bundle and its manifest. */
import type { Bundle } from "../contract/bundle";
import type { EverstepError } from "../contract/error";
import { BuildError } from "../contract/error";
import type { Manifest } from "../contract/manifest";
import { openProject } from "./project";
import { WorkflowBuilder, type BuildResult } from "./workflow-builder";

export interface WorkflowBuildOptions {
  /**
   * The folder of the project, when it is not that of the nearest package.json. Ids are then
   * relative to it too: set it for the compiler as well.
   */
  root?: string;
  /** Files and folders with workflows and steps; by default `workflows` and `src/workflows`. */
  entries?: string[];
  /** What a relative root is relative to, and where the search for a package.json begins. */
  cwd?: string;
}

export interface WorkflowBuild {
  bundle: Bundle;
  manifest: Manifest;
}

/** Writes nothing. Throws a BuildError with every error of every file. */
export async function buildWorkflows(options: WorkflowBuildOptions = {}): Promise<WorkflowBuild> {
  const builder = openBuilder(options, { keepsCompiled: false });
  const { bundle, manifest } = resultOf(await builder.build());
  return { bundle, manifest };
}

export function openBuilder(
  options: WorkflowBuildOptions,
  { keepsCompiled }: { keepsCompiled: boolean },
): WorkflowBuilder {
  return new WorkflowBuilder(openProject(options, options.cwd), options.entries, { keepsCompiled });
}

export function resultOf(result: BuildResult | EverstepError[]): BuildResult {
  if (Array.isArray(result)) throw buildError(result);
  return result;
}

export function buildError(errors: EverstepError[]): BuildError {
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  const list = errors.map(({ message }) => message).join("\n\n");
  const error = new BuildError("BUILD_FAILED", `The build found ${count}.\n\n${list}`);
  error.errors = errors;
  return error;
}
