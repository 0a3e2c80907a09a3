/**
 * Workflow output tells each `sleep`, `createHook`, `createWebhook` and `defineHook` call where in
 * the source it stands: the function around it and how many calls of that name came before in it.
 * Replay knows sleeps and hooks by these names, so a new call elsewhere renames none of them.
 *
 * The callee is known by the name it was imported under, whatever the package is called here; the
 * prelude leaves a function of that name that is not ours alone.
 */
import type { NodePath, types as t } from "@babel/core";
import { callMember, memberOf } from "./builders";
import type { FileContext } from "./file-context";
import { enclosingNames } from "./name-function";

const SITED = new Set(["sleep", "createHook", "createWebhook", "defineHook"]);

export interface SitedCall {
  node: t.CallExpression;
  site: string;
  /** The object that a callee such as `client.sleep` may need as its `this`. */
  receiver: string | null;
}

/** To be called before any body is replaced. */
export function findSites(context: FileContext): SitedCall[] {
  const counts = new Map<string, number>();
  const calls: SitedCall[] = [];
  context.program.traverse({
    CallExpression(path) {
      const callee = path.get("callee") as NodePath;
      const name = importedName(callee);
      if (name === null || !SITED.has(name)) return;
      const around = enclosingNames(path).join("/");
      const key = `${around} ${name}`;
      const ordinal = counts.get(key) ?? 0;
      counts.set(key, ordinal + 1);
      calls.push({ node: path.node, site: `${around}#${ordinal}`, receiver: receiverOf(callee) });
    },
  });
  return calls;
}

export function nameSites({ t }: FileContext, sandbox: string, calls: SitedCall[]): void {
  for (const { node, site, receiver } of calls) {
    const sited = callMember(t, sandbox, "at", [
      t.stringLiteral(site),
      node.callee as t.Expression,
    ]);
    node.callee = receiver === null ? sited : memberOf(t, sited, "call");
    if (receiver !== null) node.arguments.unshift(t.identifier(receiver));
  }
}

/** A namespace is no receiver; what `require` gives may be any object. */
function receiverOf(callee: NodePath): string | null {
  if (!callee.isMemberExpression() || callee.node.object.type !== "Identifier") return null;
  const { name } = callee.node.object;
  return requiredBy(callee.scope.getBinding(name)?.path) ? name : null;
}

/** The name that a callee has in the module it is imported from. */
function importedName(callee: NodePath): string | null {
  if (callee.isMemberExpression() && !callee.node.computed) {
    const { property, object } = callee.node;
    if (object.type !== "Identifier" || property.type !== "Identifier") return null;
    const namespace = callee.scope.getBinding(object.name)?.path;
    const isNamespace = namespace?.isImportNamespaceSpecifier() || requiredBy(namespace);
    return isNamespace ? property.name : null;
  }
  if (!callee.isIdentifier()) return null;
  const binding = callee.scope.getBinding(callee.node.name);
  if (binding?.path.isImportSpecifier()) {
    const { imported } = binding.path.node;
    return imported.type === "Identifier" ? imported.name : imported.value;
  }
  return requiredBy(binding?.path) ? destructuredName(binding?.path.node, callee.node.name) : null;
}

function requiredBy(path: NodePath | undefined): boolean {
  if (!path?.isVariableDeclarator()) return false;
  const { init } = path.node;
  return (
    init?.type === "CallExpression" &&
    init.callee.type === "Identifier" &&
    init.callee.name === "require"
  );
}

/** `b` for `a` in `const { b: a } = require("…")`. */
function destructuredName(node: t.Node | undefined, local: string): string | null {
  if (node?.type !== "VariableDeclarator" || node.id.type !== "ObjectPattern") return null;
  for (const property of node.id.properties) {
    if (property.type !== "ObjectProperty" || property.key.type !== "Identifier") continue;
    const { value } = property;
    if (value.type === "Identifier" && value.name === local) return property.key.name;
  }
  return null;
}
