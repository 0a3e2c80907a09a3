/**
 * A nested step that uses another carries it along as a value, with what that one uses. Two that use
 * each other could never be written down.
 */
import type { Binding } from "@babel/traverse";
import { bindingOfFunction } from "./captures";
import { type FileContext, report } from "./file-context";
import type { MarkedFunction } from "./marked-function";

export function refuseCaptureCycles(context: FileContext, functions: MarkedFunction[]): void {
  const byBinding = new Map<Binding, MarkedFunction>();
  for (const marked of functions) {
    const binding = marked.captures && bindingOfFunction(marked.path);
    if (binding) byBinding.set(binding, marked);
  }
  const usesOf = ({ path, captures }: MarkedFunction) =>
    (captures?.names ?? []).flatMap((name) => {
      const binding = path.scope.getBinding(name);
      const used = binding && byBinding.get(binding);
      return used ? [used] : [];
    });
  for (const marked of byBinding.values()) {
    if (!leadsTo(marked, marked, usesOf)) continue;
    const message = `The nested step \`${marked.name}\` uses itself through another nested step`;
    report(context, marked.path.node, "CAPTURE_NOT_SUPPORTED", message);
  }
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
