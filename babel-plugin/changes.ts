/** Whether a reference to a variable changes what it holds, as far as the file itself shows. */
import type { NodePath, types as t } from "@babel/core";
import { isWrapper } from "./unwrap";

const MEMBERS = new Set(["MemberExpression", "OptionalMemberExpression"]);

export function changesIt(reference: NodePath, name: string): boolean {
  // An assignment to the variable itself.
  if (!reference.isIdentifier()) return true;
  if (reference.scope.getBinding(name)?.kind === "module") return false;
  const at = outermostMember(reference);
  const { parent } = at;
  if (at === reference) return reference.key === 0 && isDefining(parent);
  if (at.key === "callee") return true;
  return isTarget(at);
}

/** `a.b!.c` of the `a` in it. */
function outermostMember(reference: NodePath): NodePath {
  let at = reference;
  while (at.parentPath) {
    const isObject = at.key === "object" && MEMBERS.has(at.parent.type);
    if (!isObject && !isWrapper(at.parent)) return at;
    at = at.parentPath;
  }
  return at;
}

function isTarget({ parent, parentPath, key }: NodePath): boolean {
  if (parent.type === "AssignmentExpression" || /^For(In|Of)Statement$/.test(parent.type)) {
    return key === "left";
  }
  if (parent.type === "UnaryExpression") return parent.operator === "delete";
  if (parent.type === "ObjectProperty") return parentPath?.parent.type === "ObjectPattern";
  return /^(UpdateExpression|ArrayPattern|RestElement|AssignmentPattern)$/.test(parent.type);
}

/** `Object.assign(name, …)`, `Object.defineProperty(name, …)` */
function isDefining(parent: t.Node): boolean {
  if (parent.type !== "CallExpression" || parent.callee.type !== "MemberExpression") return false;
  const { object, property } = parent.callee;
  const isObject = object.type === "Identifier" && object.name === "Object";
  return isObject && property.type === "Identifier" && /^(assign|define)/.test(property.name);
}
