/**
 * Which variables of the file a statement is about: `client.use(…)` is about `client`, and so is an
 * `if` or a `try` around it. Null for a statement that is about something else as well.
 */
import type { NodePath } from "@babel/core";
import { assignedNames } from "./capture-refusals";
import { unwrapPath } from "./unwrap";

export function actedOn(path: NodePath): string[] | null {
  if (path.isExpressionStatement()) return ofExpression(path.get("expression"));
  if (path.isBlockStatement()) return ofAll(path, "body");
  if (path.isIfStatement()) return ofAll(path, "consequent", "alternate");
  if (path.isTryStatement()) return ofAll(path, "block", "handler", "finalizer");
  if (path.isCatchClause()) return ofAll(path, "body");
  if (path.isLoop()) return ofAll(path, "body");
  // What a block declares is its own.
  return path.isVariableDeclaration() && path.parentPath.isBlockStatement() ? [] : null;
}

function ofAll(path: NodePath, ...keys: string[]): string[] | null {
  const paths = keys.flatMap((key) => path.get(key) as NodePath | NodePath[]);
  const found = paths.filter(({ node }) => node).map(actedOn);
  return found.every((names) => names !== null) ? found.flat() : null;
}

function ofExpression(wrapped: NodePath): string[] | null {
  const path = unwrapPath(wrapped);
  if (path.isAwaitExpression() || path.isUnaryExpression()) {
    return ofExpression(path.get("argument") as NodePath);
  }
  if (path.isUpdateExpression()) return ofTarget(path.get("argument") as NodePath);
  if (path.isLogicalExpression()) return ofExpression(path.get("right"));
  if (path.isSequenceExpression()) {
    const found = path.get("expressions").map(ofExpression);
    return found.every((names) => names !== null) ? found.flat() : null;
  }
  if (path.isAssignmentExpression()) {
    const target = ofTarget(path.get("left") as NodePath);
    const right = path.get("right");
    const more = right.isAssignmentExpression() ? ofExpression(right) : [];
    return target && more && [...target, ...more];
  }
  const isCall = path.isCallExpression() || path.isOptionalCallExpression();
  return isCall ? ofMember(path.get("callee") as NodePath) : null;
}

function ofTarget(wrapped: NodePath): string[] | null {
  const path = unwrapPath(wrapped);
  if (path.isMemberExpression()) return ofMember(path);
  const names = assignedNames(path.node);
  const areOfFile = names.every((name) => path.scope.getBinding(name)?.scope.path.isProgram());
  return names.length > 0 && areOfFile ? names : null;
}

/** `client` of `client.a.b` and of `client.connect().then`. */
function ofMember(wrapped: NodePath): string[] | null {
  const path = unwrapPath(wrapped);
  if (!path.isMemberExpression() && !path.isOptionalMemberExpression()) return null;
  const object = unwrapPath(path.get("object") as NodePath);
  if (object.isCallExpression()) return ofMember(object.get("callee") as NodePath);
  if (!object.isIdentifier()) return ofMember(object);
  const { name } = object.node;
  return object.scope.getBinding(name)?.scope.path.isProgram() ? [name] : null;
}
