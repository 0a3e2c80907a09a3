import type { types as t } from "@babel/core";
import type { CompiledClass } from "./compiled-class";
import type { FileContext } from "./file-context";
import type { MarkedFunction } from "./marked-function";
import type { FileMetadata, FunctionInfo } from "./metadata";

/**
 * What the file holds, read before any mode changes it. The result still wants to know which
 * workflows an export leads to.
 */
export function describeFile(
  context: FileContext,
  functions: MarkedFunction[],
  classes: CompiledClass[],
): (exportedIds: Set<string>) => FileMetadata {
  const infos = functions.map((marked) => ({ kind: marked.kind, info: describe(context, marked) }));
  const ofKind = (kind: string) => infos.filter((each) => each.kind === kind);
  return (exportedIds) => ({
    ...context.moduleName,
    workflows: ofKind("workflow").map(({ info }) => ({
      ...info,
      exportName: exportedIds.has(info.id) ? info.id : null,
    })),
    steps: ofKind("step").map(({ info }) => info),
    classes: classes.map(({ id, name, path }) => ({ id, name, line: lineOf(path.node) })),
  });
}

function describe(
  context: FileContext,
  { path, id, name, exported }: MarkedFunction,
): FunctionInfo {
  const parameters = path.node.params
    .filter((node) => node.type !== "Identifier" || node.name !== "this")
    .map((node) => parameterText(context, node as t.Node));
  return { id, name, line: lineOf(path.node), parameters, exported };
}

/** As written, without type and default value, on one line. */
function parameterText(context: FileContext, node: t.Node): string {
  if (node.type === "AssignmentPattern") return parameterText(context, node.left);
  if (node.type === "RestElement") return `...${parameterText(context, node.argument)}`;
  if (node.type === "Identifier") return node.name;
  const annotation = "typeAnnotation" in node ? node.typeAnnotation : null;
  const text = (context.file.code ?? "").slice(node.start ?? 0, annotation?.start ?? node.end ?? 0);
  return text.replace(/\s+/g, " ").trim();
}

function lineOf(node: t.Node): number {
  return node.loc?.start.line ?? 1;
}
