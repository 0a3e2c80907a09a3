/** The manifest of a build, from what the compiler found in each file. */
import type { ClassInfo, FileMetadata, FunctionInfo } from "../../babel-plugin/metadata";
import { EverstepError } from "../contract/error";
import { MANIFEST_VERSION, type Manifest, type ManifestFunction } from "../contract/manifest";
import { relativeFile, type Project } from "./project";

/** By file. */
export type FoundFiles = Map<string, FileMetadata>;

interface Located {
  id: string;
  name: string;
  file: string;
  line: number;
}

export function makeManifest(
  project: Project,
  found: FoundFiles,
  bundle: Pick<Manifest, "bundle" | "prelude">,
): Manifest {
  const list = <T extends { id: string }, U>(
    pick: (metadata: FileMetadata) => T[],
    describe: (info: T, file: string) => U & { id: string },
  ) =>
    [...found]
      .flatMap(([file, metadata]) => {
        const shown = relativeFile(project, file);
        return pick(metadata).map((info) => describe(info, shown));
      })
      .sort(byId);
  const modules = [...found].filter(([, metadata]) => registers(metadata));
  return {
    version: MANIFEST_VERSION,
    prelude: bundle.prelude,
    bundle: bundle.bundle,
    workflows: list(({ workflows }) => workflows, describeFunction),
    steps: list(({ steps }) => steps, describeFunction),
    classes: list(({ classes }) => classes, describeClass),
    modules: modules.map(([file]) => relativeFile(project, file)).sort(),
  };
}

/** Two functions with one id would answer for each other; names both places of each. */
export function findDuplicates(project: Project, found: FoundFiles): EverstepError[] {
  const places = new Map<string, string[]>();
  for (const [file, { workflows, steps, classes }] of found) {
    for (const { id, line } of [...workflows, ...steps, ...classes]) {
      const place = `${relativeFile(project, file)}:${line}`;
      places.set(id, [...(places.get(id) ?? []), place]);
    }
  }
  return [...places].filter(([, at]) => at.length > 1).map(([id, at]) => duplicate(id, at.sort()));
}

function duplicate(id: string, places: string[]): EverstepError {
  const message = `Two functions have the id ${id}: ${places.join(" and ")}`;
  return new EverstepError("ID_DUPLICATE", message, { at: places[0]! });
}

function describeFunction(info: FunctionInfo, file: string): ManifestFunction {
  const { id, name, line, parameters, exported } = info;
  return { id, name, file, line, parameters, exported };
}

function describeClass({ id, name, line }: ClassInfo, file: string): Located {
  return { id, name, file, line };
}

function registers({ workflows, steps, classes }: FileMetadata): boolean {
  return workflows.length + steps.length + classes.length > 0;
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
