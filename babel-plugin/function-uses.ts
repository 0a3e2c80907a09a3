/** Whether a function uses what belongs to it as a whole: `this`, `super`, `arguments`, `new.target`. */
import type { NodePath, types as t } from "@babel/core";

export type Use = "this" | "super" | "arguments" | "new.target";

/** In its body and parameters, and in the arrow functions within. */
export function usesOf(path: NodePath<t.Function>): Set<Use> {
  const found = new Set<Use>();
  path.traverse({
    ThisExpression: () => void found.add("this"),
    Super: () => void found.add("super"),
    MetaProperty: (at) => void (at.node.meta.name === "new" && found.add("new.target")),
    Identifier: (at) => {
      if (at.node.name === "arguments" && at.isReferencedIdentifier()) found.add("arguments");
    },
    // Computed keys, heritage and decorators of what stands inside still belong to the function.
    Function: (inner) => {
      if (inner.isArrowFunctionExpression()) return;
      inner.skipKey("params");
      inner.skipKey("body");
    },
    Property: (inner) => {
      if (!inner.isObjectProperty()) inner.skipKey("value");
    },
    StaticBlock: (inner) => inner.skip(),
  });
  return found;
}

export function usesThis(path: NodePath<t.Function>): boolean {
  return usesOf(path).has("this");
}

export function usesSuper(path: NodePath<t.Function>): boolean {
  return usesOf(path).has("super");
}
