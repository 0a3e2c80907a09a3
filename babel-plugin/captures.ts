/**
 * What a nested step uses from the functions around it. The values travel with the call, so only
 * reading is possible: a write could not come back, and is refused.
 */
import type { NodePath, types as t } from "@babel/core";
import type { Binding } from "@babel/traverse";
import { type FileContext, report } from "./file-context";

export interface Captures {
  /** In alphabetical order. */
  names: string[];
  /** An arrow function that uses the `this` of the method around it. */
  lexicalThis: boolean;
}

export function findCaptures(context: FileContext, path: NodePath<t.Function>): Captures {
  const names = new Set<string>();
  const own = path.node.type === "FunctionDeclaration" ? path.node.id?.name : boundName(path);
  const visit = (identifier: NodePath<t.Identifier | t.JSXIdentifier>): void => {
    const { name } = identifier.node;
    if (name !== own && isCaptured(path, identifier, name)) names.add(name);
  };
  path.traverse({
    ReferencedIdentifier: visit,
    AssignmentExpression: (at) => reportWrites(context, path, at, at.node.left),
    UpdateExpression: (at) => reportWrites(context, path, at, at.node.argument),
    ForXStatement: (at) => reportWrites(context, path, at, at.node.left),
  });
  const arrow = path.isArrowFunctionExpression();
  if (arrow) reportLexical(context, path);
  reportPrivateNames(context, path);
  return { names: [...names].sort(), lexicalThis: arrow && usesThis(path) };
}

/** Whether the function's own `this` is used in its body or in arrow functions within. */
export function usesThis(path: NodePath<t.Function>): boolean {
  return usesOf(path).has("ThisExpression");
}

export function usesSuper(path: NodePath<t.Function>): boolean {
  return usesOf(path).has("super");
}

/** Whether a reference is one of the type system only, and gone when the program runs. */
export function isInType(path: NodePath): boolean {
  for (let at: NodePath | null = path; at; at = at.parentPath) {
    if (at.isStatement()) return at.isTSInterfaceDeclaration() || at.isTSTypeAliasDeclaration();
    if (at.isTSType() || at.isTSTypeAnnotation() || at.isTSTypeParameterInstantiation())
      return true;
    if (at.isTSTypeParameterDeclaration() || at.isFlow()) return true;
    if (at.listKey === "implements") return true;
  }
  return false;
}

function isCaptured(fn: NodePath<t.Function>, at: NodePath, name: string): boolean {
  const binding = at.scope.getBinding(name);
  if (!binding || binding.scope.path.isProgram() || isInType(at)) return false;
  return !binding.scope.path.findParent((parent) => parent === fn) && binding.scope.path !== fn;
}

function reportWrites(
  context: FileContext,
  fn: NodePath<t.Function>,
  at: NodePath,
  target: t.Node,
): void {
  const names = Object.keys(context.t.getBindingIdentifiers(target as t.LVal, false, false));
  for (const name of names.filter((each) => isCaptured(fn, at, each))) {
    const message = `A step cannot assign to \`${name}\` of the function around it: captured values travel by value`;
    report(context, at.node, "CAPTURE_NOT_SUPPORTED", message);
  }
}

function reportLexical(context: FileContext, path: NodePath<t.ArrowFunctionExpression>): void {
  const uses = usesOf(path);
  const what = ["arguments", "super", "new.target"].find((each) => uses.has(each));
  if (what === undefined) return;
  const message = `A nested step cannot use the \`${what}\` of the function around it`;
  report(context, path.node, "CAPTURE_NOT_SUPPORTED", message);
}

/** The step is registered outside the class, where its private names mean nothing. */
function reportPrivateNames(context: FileContext, path: NodePath<t.Function>): void {
  path.traverse({
    Class: (inner) => inner.skip(),
    PrivateName(at) {
      const message = `A nested step cannot use the private name \`#${at.node.id.name}\` of the class around it`;
      report(context, at.node, "CAPTURE_NOT_SUPPORTED", message);
    },
  });
}

function usesOf(path: NodePath<t.Function>): Set<string> {
  const found = new Set<string>();
  path.traverse({
    ThisExpression: () => void found.add("ThisExpression"),
    Super: () => void found.add("super"),
    MetaProperty: (at) => void (at.node.meta.name === "new" && found.add("new.target")),
    Identifier: (at) => {
      if (at.node.name === "arguments" && at.isReferencedIdentifier()) found.add("arguments");
    },
    Function: (inner) => (inner.isArrowFunctionExpression() ? undefined : inner.skip()),
    Class: (inner) => inner.skip(),
  });
  return found;
}

/** The binding of the variable or declaration that holds the function. */
export function bindingOfFunction(path: NodePath<t.Function>): Binding | undefined {
  const name = path.node.type === "FunctionDeclaration" ? path.node.id?.name : boundName(path);
  return name === undefined ? undefined : path.parentPath?.scope.getBinding(name);
}

/** The variable that holds the function: inside, it means the step itself and is not captured. */
function boundName(path: NodePath<t.Function>): string | undefined {
  const { parent } = path;
  const isVariable = parent.type === "VariableDeclarator" && parent.id.type === "Identifier";
  if (isVariable) return (parent.id as t.Identifier).name;
  return path.node.type === "FunctionExpression" ? path.node.id?.name : undefined;
}
