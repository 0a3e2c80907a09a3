/** Looks through what TypeScript and parentheses put around an expression without changing it. */
import type { NodePath, types as t } from "@babel/core";

const WRAPPERS = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
  "TSNonNullExpression",
  "ParenthesizedExpression",
]);

export function isWrapper(node: t.Node | null | undefined): boolean {
  return WRAPPERS.has(node?.type ?? "");
}

/** The expression inside. */
export function unwrap(node: t.Node): t.Node {
  return isWrapper(node) ? unwrap((node as t.TSAsExpression).expression) : node;
}

export function unwrapPath(path: NodePath): NodePath {
  return isWrapper(path.node) ? unwrapPath(path.get("expression") as NodePath) : path;
}

/** The outermost wrapper around an expression, or itself. */
export function wrapped(path: NodePath): NodePath {
  return path.parentPath && isWrapper(path.parent) ? wrapped(path.parentPath) : path;
}
