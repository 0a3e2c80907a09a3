/**
 * What a nested step uses from the functions around it. The values travel with the call, so only
 * reading is possible; capture-refusals.ts has what is not.
 */
import type { NodePath, types as t } from "@babel/core";
import type { Binding } from "@babel/traverse";
import { refuseCaptures } from "./capture-refusals";
import type { FileContext } from "./file-context";
import { usesThis } from "./function-uses";
import { isInType } from "./type-scope";
import { wrapped } from "./unwrap";

export interface Captures {
  /** In alphabetical order. */
  names: string[];
  /** An arrow function that uses the `this` of the method around it. */
  lexicalThis: boolean;
}

export function findCaptures(context: FileContext, path: NodePath<t.Function>): Captures {
  const names = new Set<string>();
  const own = boundName(path);
  path.traverse({
    ReferencedIdentifier(at: NodePath<t.Identifier | t.JSXIdentifier>) {
      const { name } = at.node;
      if (name !== own && isCaptured(path, at, name)) names.add(name);
    },
  });
  refuseCaptures(context, path, (at, name) => isCaptured(path, at, name));
  const lexicalThis = path.isArrowFunctionExpression() && usesThis(path);
  return { names: [...names].sort(), lexicalThis };
}

/** The binding of the variable or declaration that holds the function. */
export function bindingOfFunction(path: NodePath<t.Function>): Binding | undefined {
  const name = boundName(path);
  return name === undefined ? undefined : path.parentPath?.scope.getBinding(name);
}

/** The variable that holds the function: inside, it means the step itself and is not captured. */
export function boundName(path: NodePath<t.Function>): string | undefined {
  const { node } = path;
  if (node.type === "FunctionDeclaration") return node.id?.name;
  const { parent } = wrapped(path);
  const target =
    parent.type === "VariableDeclarator"
      ? parent.id
      : parent.type === "AssignmentExpression" && parent.operator === "="
        ? parent.left
        : null;
  if (target?.type === "Identifier") return target.name;
  return node.type === "FunctionExpression" ? node.id?.name : undefined;
}

function isCaptured(fn: NodePath<t.Function>, at: NodePath, name: string): boolean {
  const binding = at.scope.getBinding(name);
  if (!binding || binding.scope.path.isProgram() || isInType(at)) return false;
  return !binding.scope.path.findParent((parent) => parent === fn) && binding.scope.path !== fn;
}
