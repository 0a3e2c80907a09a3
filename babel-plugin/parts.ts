/** The top level of a file as parts that stay or go as a whole, and what each has to do with others. */
import type { NodePath, types as t } from "@babel/core";
import { exportedNames } from "./exports";
import type { FileContext } from "./file-context";
import type { MarkedFunction } from "./marked-function";
import { isInType } from "./type-scope";
import { unwrapPath } from "./unwrap";

export interface Part {
  node: t.Node;
  /** The names it declares; none for a statement. */
  names: string[];
  /** The names it refers to. */
  uses: Set<string>;
  /** The names of variables of the file that it may change when it runs. */
  changes: Set<string>;
  /** The variable it acts on, for a statement such as `client.use(…)`. */
  actsOn: string | null;
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
      if (part.names.some((name) => exported.has(name))) part.mayGo = false;
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
  const actsOn = path.isExpressionStatement() ? objectOf(path.get("expression")) : null;
  if (actsOn !== null && actsOn !== sandbox) return [part(path.node, [], true, actsOn)];
  const isExportedImport = path.isTSImportEqualsDeclaration() && path.node.isExport;
  return [part(path.node, declaredNames(path), !isExportedImport)];
}

function part(node: t.Node, names: string[], mayGo: boolean, actsOn: string | null = null): Part {
  return { node, names, uses: new Set(), changes: new Set(), actsOn, mayGo, holdsWorkflow: false };
}

function declaredNames(path: NodePath<t.Statement>): string[] {
  const { node } = path;
  const isTypeScript =
    node.type === "TSEnumDeclaration" ||
    node.type === "TSModuleDeclaration" ||
    node.type === "TSImportEqualsDeclaration";
  if (isTypeScript) return node.id.type === "Identifier" ? [node.id.name] : [];
  return path.isDeclaration() ? Object.keys(path.getOuterBindingIdentifiers()) : [];
}

/** `export { pool }` and `export default pool` only say of a part that it is exported. */
function isExportOfName(reference: NodePath): boolean {
  const { parent } = reference;
  return parent.type === "ExportSpecifier" || parent.type === "ExportDefaultDeclaration";
}

/** Assigns to the variable, to a part of it, or calls a method of what it holds. */
function changesIt(reference: NodePath, name: string): boolean {
  if (!reference.isIdentifier()) return true;
  if (reference.scope.getBinding(name)?.kind === "module") return false;
  let at: NodePath = reference;
  while (at.key === "object" && at.parentPath?.isMemberExpression()) at = at.parentPath;
  const { parentPath } = at;
  if (parentPath?.isUpdateExpression()) return true;
  if (parentPath?.isAssignmentExpression() && at.key === "left") return true;
  return at !== reference && at.key === "callee" && parentPath?.isCallExpression() === true;
}

/** What calls a function of the file may change what that function changes. */
function changeThroughCalls(parts: Part[]): void {
  for (let isMore = true; isMore;) {
    isMore = false;
    for (const part of parts) {
      const before = part.changes.size;
      for (const used of parts.filter(({ names }) => names.some((name) => part.uses.has(name)))) {
        for (const name of used.changes) part.changes.add(name);
      }
      isMore ||= part.changes.size > before;
    }
  }
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

/** `client` of `client.use(…)`, `client.a.b = …` and `await client.open()`. */
function objectOf(path: NodePath): string | null {
  if (path.isAwaitExpression()) return objectOf(path.get("argument"));
  if (path.isAssignmentExpression()) {
    const isAlone = !(path.get("right") as NodePath).isAssignmentExpression();
    return isAlone ? memberRoot(path.get("left") as NodePath) : null;
  }
  return path.isCallExpression() ? memberRoot(path.get("callee") as NodePath) : null;
}

function memberRoot(wrapped: NodePath): string | null {
  const path = unwrapPath(wrapped);
  if (!path.isMemberExpression()) return null;
  const object = unwrapPath(path.get("object") as NodePath);
  if (object.isCallExpression()) return memberRoot(object.get("callee") as NodePath);
  if (!object.isIdentifier()) return memberRoot(object);
  return object.scope.getBinding(object.node.name)?.scope.path.isProgram()
    ? object.node.name
    : null;
}
