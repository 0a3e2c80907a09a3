/**
 * Takes out of workflow output what only step bodies used: that is what makes it legal to import
 * Node's modules in a file that also holds a workflow.
 *
 * - P1 Only what a step body used, directly or through other such things, can go.
 * - P2 What anything that stays refers to, stays.
 * - P3 A statement such as `client.use(…)` goes with `client`, if that goes.
 * - P4 Exports stay. One that only steps used here is marked pure, so the bundler may drop it.
 * - P5 In a file with steps, imports made only for their side effects go.
 */
import type { NodePath, types as t } from "@babel/core";
import { pure } from "./builders";
import { isInType } from "./captures";
import type { FileContext } from "./file-context";
import type { MarkedFunction } from "./marked-function";

/** A part of the file that stays or goes as a whole, and the top-level names it is made of. */
interface Part {
  node: t.Node;
  /** The names it declares; none for a statement. */
  names: string[];
  /** The names it refers to. */
  uses: Set<string>;
  /** The local variable it acts on, for a statement such as `client.use(…)`. */
  actsOn: string | null;
  /** Whether it may go at all: it is neither exported nor a statement of its own. */
  mayGo: boolean;
}

/** The top-level names that step bodies refer to; to be called before the bodies are replaced. */
export function namesUsedBySteps(context: FileContext, functions: MarkedFunction[]): Set<string> {
  const steps = new Set<t.Node>();
  for (const { kind, path } of functions) if (kind === "step") steps.add(path.node);
  const used = new Set<string>();
  for (const [name, references] of topLevelReferences(context)) {
    if (references.some((path) => path.findParent(({ node }) => steps.has(node)))) used.add(name);
  }
  return used;
}

/** To be called when the bodies are replaced and the program's scope has been crawled again. */
export function prune(context: FileContext, usedBySteps: Set<string>): void {
  const parts = findParts(context);
  const stepSide = reach(parts, usedBySteps, () => true);
  const isCandidate = (part: Part) => {
    const names = part.actsOn === null ? part.names : [part.actsOn];
    return part.mayGo && names.length > 0 && names.every((name) => stepSide.has(name));
  };
  const roots = parts.filter((part) => !isCandidate(part)).flatMap((part) => [...part.uses]);
  const live = reach(parts, new Set(roots), isCandidate);
  const gone = new Set<t.Node>();
  for (const part of parts) {
    const names = part.actsOn === null ? part.names : [part.actsOn];
    if (isCandidate(part) && !names.some((name) => live.has(name))) gone.add(part.node);
    else if (part.names.every((name) => stepSide.has(name) && !live.has(name))) {
      markPure(context, part.node);
    }
  }
  remove(context.program.node, gone);
}

/** All names that `from` leads to. With P3, a statement that acts on a name belongs to it. */
function reach(parts: Part[], from: Set<string>, follows: (part: Part) => boolean): Set<string> {
  const reached = new Set<string>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const part of parts) {
      if (part.names.includes(name) || (part.actsOn === name && follows(part))) {
        open.push(...part.uses);
      }
    }
  }
  return reached;
}

function findParts(context: FileContext): Part[] {
  const parts = new Map<t.Node, Part>();
  for (const path of context.program.get("body")) {
    for (const part of partsOf(path)) parts.set(part.node, part);
  }
  for (const [name, references] of topLevelReferences(context)) {
    for (const reference of references) {
      const owner = reference.find(({ node }) => parts.has(node));
      if (owner) parts.get(owner.node)?.uses.add(name);
    }
  }
  return [...parts.values()];
}

function partsOf(path: NodePath<t.Statement>): Part[] {
  const part = (node: t.Node, names: string[], mayGo: boolean, actsOn: string | null = null) => ({
    node,
    names,
    uses: new Set<string>(),
    actsOn,
    mayGo,
  });
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
  if (actsOn !== null) return [part(path.node, [], true, actsOn)];
  return [part(path.node, declaredNames(path), true)];
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

/** `client` of `client.use(…)`, `client.a.b = …` and `await client.open()`. */
function objectOf(path: NodePath): string | null {
  if (path.isAwaitExpression()) return objectOf(path.get("argument"));
  if (path.isAssignmentExpression()) return memberRoot(path.get("left") as NodePath);
  return path.isCallExpression() ? memberRoot(path.get("callee") as NodePath) : null;
}

function memberRoot(path: NodePath): string | null {
  if (!path.isMemberExpression()) return null;
  const object = path.get("object") as NodePath;
  if (object.isCallExpression()) return memberRoot(object.get("callee") as NodePath);
  if (!object.isIdentifier()) return memberRoot(object);
  return object.scope.getBinding(object.node.name)?.scope.path.isProgram()
    ? object.node.name
    : null;
}

/** Where each top-level name is used as a value, or assigned to. */
function topLevelReferences({ program }: FileContext): [string, NodePath[]][] {
  return Object.entries(program.scope.bindings).map(([name, binding]) => {
    const references = binding.referencePaths.filter((path) => !isInType(path));
    return [name, [...references, ...binding.constantViolations]];
  });
}

function markPure({ t }: FileContext, node: t.Node): void {
  if (node.type !== "VariableDeclarator" || !node.init) return;
  if (node.init.type !== "CallExpression" && node.init.type !== "NewExpression") return;
  // The arguments are part of what may be dropped, so the whole value moves into a call.
  node.init = pure(t, t.callExpression(t.arrowFunctionExpression([], node.init), []));
}

function remove(program: t.Program, gone: Set<t.Node>): void {
  program.body = program.body.filter((statement) => {
    if (gone.has(statement)) return false;
    if (statement.type === "ImportDeclaration") {
      statement.specifiers = statement.specifiers.filter((specifier) => !gone.has(specifier));
      return statement.specifiers.length > 0;
    }
    if (statement.type !== "VariableDeclaration") return true;
    statement.declarations = statement.declarations.filter((each) => !gone.has(each));
    return statement.declarations.length > 0;
  });
}
