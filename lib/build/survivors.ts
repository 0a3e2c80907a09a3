/** Finds what the app's own source imports, a workflow reaches, and the sandbox does not have. */
import { parse } from "@babel/parser";
import type { Metafile } from "esbuild";
import path from "node:path";
import type { EverstepError } from "../contract/error";
import { located } from "./compile-errors";
import { codeFrame } from "./frame";
import { ASSET_SPECIFIER, refusalOf } from "./node-modules";
import { relativeFile, type Project } from "./project";
import { ENTRY, OWN, readStandIn } from "./sandbox-graph";
import type { SourceCache } from "./source-cache";

export function findSurvivors(
  project: Project,
  sources: SourceCache,
  results: { metafile: Metafile }[],
): EverstepError[] {
  const errors = new Map<string, EverstepError>();
  for (const { metafile, entryPoint, input } of results.flatMap(listSurvivors)) {
    if (errors.has(input)) continue;
    const chain = importChain(metafile, entryPoint, input);
    errors.set(input, survivorError(project, sources, input, chain));
  }
  return [...errors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, error]) => error);
}

function listSurvivors({ metafile }: { metafile: Metafile }) {
  return Object.values(metafile.outputs).flatMap(({ entryPoint = "", inputs }) =>
    Object.entries(inputs)
      .filter(([input, { bytesInOutput }]) => input.startsWith(`${OWN}:`) && bytesInOutput > 0)
      .map(([input]) => ({ metafile, entryPoint, input })),
  );
}

function survivorError(
  project: Project,
  sources: SourceCache,
  input: string,
  chain: string[],
): EverstepError {
  const { specifier, importer } = readStandIn(input.slice(OWN.length + 1));
  const isAsset = ASSET_SPECIFIER.test(specifier) && !specifier.endsWith(".node");
  const code = isAsset ? "FILE_NOT_SUPPORTED" : "NODE_MODULE_IN_WORKFLOW";
  const file = relativeFile(project, path.resolve(project.root, importer));
  const { text } = sources.read(path.resolve(project.root, importer));
  const { line, column } = importPlace(text, specifier);
  const reached = chain.length > 1 ? `\nReached by ${chain.join(" → ")}` : "";
  const frame = codeFrame(text, line, column) + reached;
  return located(code, refusalOf(specifier), { file, line, column, frame });
}

/** The files from the workflow's to the one that imports, by the shortest way. */
function importChain(metafile: Metafile, entryPoint: string, target: string): string[] {
  const cameFrom = new Map<string, string | undefined>([[entryPoint, undefined]]);
  for (const file of cameFrom.keys()) {
    if (file === target) break;
    for (const { path: next } of metafile.inputs[file]?.imports ?? []) {
      if (!cameFrom.has(next)) cameFrom.set(next, file);
    }
  }
  const chain: string[] = [];
  for (let at = cameFrom.get(target); at !== undefined; at = cameFrom.get(at)) {
    if (!at.startsWith(`${ENTRY}:`)) chain.unshift(at);
  }
  return chain;
}

/** Where the source, as the user wrote it, imports the specifier as a value. */
function importPlace(text: string, specifier: string): { line: number; column: number } {
  const offset = importOffset(text, specifier) ?? text.search(quoted(specifier));
  const before = text.slice(0, Math.max(0, offset)).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

function importOffset(text: string, specifier: string): number | undefined {
  try {
    const { program } = parse(text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      plugins: ["typescript", "decorators"],
    });
    const found = program.body.find(
      (node) =>
        "source" in node &&
        node.source?.value === specifier &&
        !("importKind" in node && node.importKind === "type") &&
        !("exportKind" in node && node.exportKind === "type"),
    );
    return found?.start ?? undefined;
  } catch {
    return undefined;
  }
}

/** A `require` or `import()` of it, wherever it stands. */
function quoted(specifier: string): RegExp {
  const literal = specifier.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(`(?<=(?:require|import)\\s*\\(\\s*)["']${literal}["']|["']${literal}["']`);
}
