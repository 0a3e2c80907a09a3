/** The top level of a file as parts that stay or go as a whole, and what each has to do with others. */
import type { NodePath, types as t } from "@babel/core";
import { actedOn } from "./acted-on";
import { changesIt } from "./changes";
import { exportedNames } from "./exports";
import type { FileContext } from "./file-context";
import type { MarkedFunction } from "./marked-function";
import { isInType } from "./type-scope";
import { unwrap } from "./unwrap";

export interface Part {
  node: t.Node;
  /** The names it declares; none for a statement. */
  names: string[];
  /** The names it refers to. */
  uses: Set<string>;
  /** The names of variables of the file that it may change when it runs. */
  changes: Set<string>;
  /** The variables it is about, for a statement such as `client.use(…)`. */
  actsOn: string[];
  /** Whether it may go at all: it is neither exported nor holds a workflow. */
  mayGo: boolean;
  /** Then it must be evaluated, too: the workflow may register itself there. */
  holdsWorkflow: boolean;
}

export function findParts(
  context: FileContext,
  functions: MarkedFunction[],
  sandbox: string,
): Part[] {
  const { program } = context;
  const exported = exportedNames(program);
  const parts = new Map<t.Node, Part>();
  for (const path of program.get("body")) {
    for (const part of partsOf(path, sandbox)) {
      // Another file may use an export, and sees what is done to it.
      if ([...part.names, ...part.actsOn].some((name) => exported.has(name))) part.mayGo = false;
      parts.set(part.node, part);
    }
  }
  const ownerOf = (path: NodePath) =>
    parts.get(path.find(({ node }) => parts.has(node))?.node as t.Node);
  for (const [name, references] of topLevelReferences(context)) {
    // All that was compiled uses the sandbox, which stays anyway.
    if (name === sandbox) continue;
    for (const reference of references) {
      if (isExportOfName(reference)) continue;
      ownerOf(reference)?.uses.add(name);
      if (changesIt(reference, name)) ownerOf(reference)?.changes.add(name);
    }
  }
  keepWorkflows(program, functions, ownerOf);
  changeThroughCalls([...parts.values()]);
  return [...parts.values()];
}

/** Where each top-level name is used as a value, or assigned to. */
export function topLevelReferences({ program }: FileContext): [string, NodePath[]][] {
  return Object.entries(program.scope.bindings).map(([name, binding]) => {
    const references = binding.referencePaths.filter((path) => !isInType(path));
    return [name, [...references, ...binding.constantViolations]];
  });
}

function partsOf(path: NodePath<t.Statement>, sandbox: string): Part[] {
  if (path.isImportDeclaration()) {
    return path.node.specifiers.map((specifier) => part(specifier, [specifier.local.name], true));
  }
  const isExport = path.isExportNamedDeclaration();
  const declaration = isExport ? path.get("declaration") : path;
  if (declaration.isVariableDeclaration()) {
    return declaration
      .get("declarations")
      .map((each) => part(each.node, Object.keys(each.getBindingIdentifiers()), !isExport));
  }
  if (isExport || path.isExportDefaultDeclaration()) return [part(path.node, [], false)];
  const actsOn = path.isDeclaration() ? [] : (actedOn(path) ?? []);
  if (actsOn.length > 0) return [part(path.node, [], !actsOn.includes(sandbox), actsOn)];
  const isExportedImport = path.isTSImportEqualsDeclaration() && path.node.isExport;
  return [part(path.node, declaredNames(path), !isExportedImport)];
}

function part(node: t.Node, names: string[], mayGo: boolean, actsOn: string[] = []): Part {
  return { node, names, uses: new Set(), changes: new Set(), actsOn, mayGo, holdsWorkflow: false };
}

function declaredNames(path: NodePath<t.Statement>): string[] {
  const { node } = path;
  const isTypeScript =
    node.type === "TSEnumDeclaration" ||
    node.type === "TSModuleDeclaration" ||
    node.type === "TSDeclareFunction" ||
    node.type === "TSImportEqualsDeclaration";
  if (isTypeScript) return node.id?.type === "Identifier" ? [node.id.name] : [];
  return path.isDeclaration() ? Object.keys(path.getOuterBindingIdentifiers()) : [];
}

/** `export { pool }` and `export default pool` only say of a part that it is exported. */
function isExportOfName(reference: NodePath): boolean {
  const { parent } = reference;
  return parent.type === "ExportSpecifier" || parent.type === "ExportDefaultDeclaration";
}

/** What calls a function of the file may change what that function changes; so may another name. */
function changeThroughCalls(parts: Part[]): void {
  const otherNames = new Map(parts.flatMap(({ node }) => otherName(node)));
  for (let isMore = true; isMore;) {
    isMore = false;
    for (const part of parts) {
      const before = part.changes.size;
      for (const used of parts.filter(({ names }) => names.some((name) => part.uses.has(name)))) {
        for (const name of used.changes) part.changes.add(name);
      }
      for (const name of [...part.changes]) {
        const other = otherNames.get(name);
        if (other !== undefined) part.changes.add(other);
      }
      isMore ||= part.changes.size > before;
    }
  }
}

/** `["ref", "registry"]` of `const ref = registry`. */
function otherName(node: t.Node): [string, string][] {
  if (node.type !== "VariableDeclarator" || node.id.type !== "Identifier") return [];
  const init = node.init && unwrap(node.init);
  return init?.type === "Identifier" ? [[node.id.name, init.name]] : [];
}

function keepWorkflows(
  program: NodePath<t.Program>,
  functions: MarkedFunction[],
  ownerOf: (path: NodePath) => Part | undefined,
): void {
  // A method may have been moved into an expression, but its body is the same.
  const workflows = new Set<t.Node>();
  for (const { kind, path } of functions) if (kind === "workflow") workflows.add(path.node.body);
  program.traverse({
    Function(path) {
      const owner = workflows.has(path.node.body) ? ownerOf(path) : undefined;
      if (!owner) return;
      owner.mayGo = false;
      owner.holdsWorkflow = true;
    },
  });
}
