/** The compiled code of one file, for people who want to see what the compiler does. */
import { statSync } from "node:fs";
import { BuildError } from "../contract/error";
import { buildError } from "./build-workflows";
import { openProject, relativeFile } from "./project";
import { compileText, SourceCache } from "./source-cache";

export const INSPECT_MODES = ["host", "step", "workflow", "client"] as const;
export type InspectMode = (typeof INSPECT_MODES)[number];

export interface InspectOptions {
  mode: InspectMode;
  root?: string;
  cwd?: string;
}

/** Throws a BuildError with all findings of the file. A file without directives is as it was. */
export function inspectFile(file: string, { mode, cwd, ...options }: InspectOptions): string {
  const project = openProject(options, cwd);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    const shown = relativeFile(project, file);
    throw new BuildError("ENTRY_NOT_FOUND", `The file "${shown}" does not exist.`, { at: shown });
  }
  const { text } = new SourceCache(project).read(file);
  const compiled = compileText(project, file, text, mode);
  if (Array.isArray(compiled)) throw buildError(compiled);
  return compiled?.code ?? text;
}
