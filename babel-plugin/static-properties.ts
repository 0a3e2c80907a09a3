/** Assignments such as `charge.maxRetries = 5` that stand beside a nested step. */
import type { NodePath, types as t } from "@babel/core";
import { bindingOfFunction } from "./captures";

export interface StaticProperty {
  statement: NodePath<t.ExpressionStatement>;
  /** Whether the value can be computed outside the functions around the step. */
  isConstant: boolean;
}

export function staticProperties(path: NodePath<t.Function>): StaticProperty[] {
  const binding = bindingOfFunction(path);
  if (!binding) return [];
  return binding.referencePaths.flatMap((reference) => {
    const member = reference.parentPath;
    const assignment = member?.parentPath;
    const statement = assignment?.parentPath;
    if (reference.key !== "object" || !member?.isMemberExpression()) return [];
    if (!assignment?.isAssignmentExpression() || member.key !== "left") return [];
    if (!statement?.isExpressionStatement()) return [];
    return [{ statement, isConstant: isConstant(assignment.get("right")) }];
  });
}

function isConstant(value: NodePath): boolean {
  if (value.isThisExpression()) return false;
  let constant = !isLocal(value);
  value.traverse({
    ReferencedIdentifier: (at) => void (constant &&= !isLocal(at)),
    ThisExpression: () => void (constant = false),
    AwaitExpression: () => void (constant = false),
  });
  return constant;
}

function isLocal(path: NodePath): boolean {
  if (!path.isIdentifier()) return false;
  const binding = path.scope.getBinding(path.node.name);
  return binding !== undefined && !binding.scope.path.isProgram();
}
