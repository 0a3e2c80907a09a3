/** Small constructors for the nodes that the modes emit, so that the modes read like their output. */
import type { NodePath, types as t } from "@babel/core";
import type { T } from "./file-context";

/** `object.method(…args)` */
export function callMember(
  t: T,
  object: string,
  method: string,
  args: t.Expression[],
): t.CallExpression {
  return t.callExpression(t.memberExpression(t.identifier(object), t.identifier(method)), args);
}

/** Marks a call that bundlers may drop when nothing uses its result. */
export function pure<N extends t.Node>(t: T, node: N): N {
  return t.addComment(node, "leading", "#__PURE__");
}

/** `owner.prototype.deposit`, `owner.send`, `owner["a b"]` */
export function memberOf(t: T, object: t.Expression, name: string): t.MemberExpression {
  const plain = t.isValidIdentifier(name, false);
  return t.memberExpression(object, plain ? t.identifier(name) : t.stringLiteral(name), !plain);
}

/** `({ name: fn }).name`: the function keeps the name that its place in the source gave it. */
export function keepName(
  t: T,
  fn: t.ArrowFunctionExpression | t.FunctionExpression | t.ClassExpression | t.ObjectMethod,
  name: string | undefined,
): t.Expression {
  if (fn.type !== "ObjectMethod" && (name === undefined || ("id" in fn && fn.id))) return fn;
  const key = propertyKey(t, name ?? "");
  const property =
    fn.type === "ObjectMethod"
      ? { ...fn, key, computed: false, decorators: null }
      : t.objectProperty(key, fn);
  return memberOf(t, t.objectExpression([property]), name ?? "");
}

/** Puts an expression where a function stood; a method becomes a property. */
export function replaceFunction(t: T, path: NodePath<t.Function>, value: t.Expression): void {
  const { node } = path;
  const replacement =
    node.type === "ObjectMethod" ? t.objectProperty(node.key, value, node.computed) : value;
  t.inheritLeadingComments(replacement, node);
  replaceNode(path, replacement);
}

/** Replaces without a visit of its own: the traversal that follows sees the new node. */
export function replaceNode(path: NodePath, replacement: t.Node): void {
  const holder = path.container as unknown as Record<string | number, t.Node>;
  holder[path.key as string | number] = replacement;
}

/** The statement in a list, an export if there is one, that a path belongs to. */
export function statementOf(path: NodePath): NodePath<t.Statement> {
  const lists = ["body", "consequent"];
  const statement = path.find((at) => at.isStatement() && lists.includes(at.listKey ?? ""));
  return statement as NodePath<t.Statement>;
}

function propertyKey(t: T, name: string): t.Identifier | t.StringLiteral {
  return t.isValidIdentifier(name, false) ? t.identifier(name) : t.stringLiteral(name);
}
