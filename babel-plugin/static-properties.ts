/**
 * Assignments such as `charge.maxRetries = 5` that stand beside a nested step. They are repeated
 * where the step is registered, outside the functions around it; what cannot be is refused, for it
 * would be lost without a word.
 */
import type { NodePath, types as t } from "@babel/core";
import { bindingOfFunction } from "./captures";
import { statementOf } from "./builders";

export interface StaticProperty {
  write: NodePath;
  /** Whether it can be repeated as it stands. */
  isConstant: boolean;
}

export function staticProperties(path: NodePath<t.Function>): StaticProperty[] {
  const binding = bindingOfFunction(path);
  if (!binding) return [];
  return binding.referencePaths.flatMap((reference) => {
    const write = writeThrough(reference);
    if (!write) return [];
    return [{ write, isConstant: isRepeatable(path, reference, write) }];
  });
}

/** The expression that changes a property of what the reference stands for. */
function writeThrough(reference: NodePath): NodePath | null {
  let at = reference;
  while (at.key === "object" && at.parentPath?.isMemberExpression()) at = at.parentPath;
  const parent = at.parentPath;
  if (at === reference) return isDefining(reference) ? parent : null;
  const isTarget =
    (parent?.isAssignmentExpression() && at.key === "left") ||
    parent?.isUpdateExpression() ||
    parent?.isArrayPattern() ||
    (parent?.isObjectProperty() && parent.parentPath.isObjectPattern());
  return isTarget && parent ? parent : null;
}

/** `Object.assign(charge, …)`, `Object.defineProperty(charge, …)` */
function isDefining(reference: NodePath): boolean {
  const call = reference.parentPath;
  if (reference.key !== 0 || !call?.isCallExpression()) return false;
  return /^Object\.(assign|define)/.test((call.get("callee") as NodePath).toString());
}

/** A statement `charge.name = <constant>` in the list where the step is declared. */
function isRepeatable(path: NodePath<t.Function>, reference: NodePath, write: NodePath): boolean {
  const member = reference.parentPath;
  if (!write.isAssignmentExpression() || !member?.isMemberExpression()) return false;
  const isPlain = member.parentPath === write && !member.node.computed;
  const statement = write.parentPath;
  const isBeside = statement.container === statementOf(path).container;
  return (
    isPlain &&
    statement.isExpressionStatement() &&
    isBeside &&
    isConstant(path, write.get("right") as NodePath)
  );
}

/** Whether the value is the same outside the functions around the step. */
function isConstant(fn: NodePath<t.Function>, value: NodePath): boolean {
  let constant = true;
  const look = (at: NodePath): void => {
    const isContextual =
      at.isThisExpression() ||
      at.isAwaitExpression() ||
      at.isYieldExpression() ||
      at.isSuper() ||
      at.isMetaProperty();
    if (isContextual || (at.isIdentifier() && !meansTheSame(fn, at))) constant = false;
  };
  look(value);
  value.traverse({ enter: look });
  return constant;
}

function meansTheSame(fn: NodePath<t.Function>, at: NodePath<t.Identifier>): boolean {
  if (!at.isReferencedIdentifier()) return true;
  if (at.node.name === "arguments") return false;
  const binding = at.scope.getBinding(at.node.name);
  if (binding && !binding.scope.path.isProgram()) return false;
  // A captured variable of that name would stand in its way.
  return fn.scope.getBinding(at.node.name) === binding;
}
