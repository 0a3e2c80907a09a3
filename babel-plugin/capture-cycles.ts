/**
 * A nested step that uses another carries it along as a value, with what that one uses. Two that use
 * each other, or one that uses the object it is part of, could never be written down.
 */
import type { NodePath } from "@babel/core";
import type { Binding } from "@babel/traverse";
import { bindingOfFunction } from "./captures";
import { type FileContext, report } from "./file-context";
import type { MarkedFunction } from "./marked-function";

export function refuseCaptureCycles(context: FileContext, functions: MarkedFunction[]): void {
  const nested = functions.filter(({ captures }) => captures !== null);
  const held = new Map<Binding, MarkedFunction[]>();
  for (const marked of nested) {
    const binding = bindingOfFunction(marked.path) ?? bindingOfValue(marked.path);
    if (binding) held.set(binding, [...(held.get(binding) ?? []), marked]);
  }
  const usesOf = ({ path, captures }: MarkedFunction) =>
    (captures?.names ?? []).flatMap((name) => {
      const binding = path.scope.getBinding(name);
      return (binding && held.get(binding)) ?? [];
    });
  for (const marked of nested) {
    if (!leadsTo(marked, marked, usesOf)) continue;
    const message = `The nested step \`${marked.name}\` carries itself along through what it uses`;
    report(context, marked.path.node, "CAPTURE_NOT_SUPPORTED", message);
  }
}

/** The variable whose value the function is a part of: `tools` in `const tools = { a: … }`. */
function bindingOfValue(path: NodePath): Binding | undefined {
  const holder = path.findParent((at) => at.isFunction() || at.isVariableDeclarator());
  if (!holder?.isVariableDeclarator() || holder.node.id.type !== "Identifier") return undefined;
  return holder.scope.getBinding(holder.node.id.name);
}

function leadsTo(
  from: MarkedFunction,
  target: MarkedFunction,
  usesOf: (marked: MarkedFunction) => MarkedFunction[],
  seen = new Set<MarkedFunction>(),
): boolean {
  return usesOf(from).some((used) => {
    if (used === target) return true;
    if (seen.has(used)) return false;
    seen.add(used);
    return leadsTo(used, target, usesOf, seen);
  });
}
