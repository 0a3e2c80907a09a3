/** Classes whose instances can travel: they carry both serialization methods, found by their symbols. */
import type { NodePath, types as t } from "@babel/core";

const SYMBOLS = ["workflow-serialize", "workflow-deserialize"] as const;
const NAMES: ReadonlyMap<string, (typeof SYMBOLS)[number]> = new Map([
  ["WORKFLOW_SERIALIZE", "workflow-serialize"],
  ["WORKFLOW_DESERIALIZE", "workflow-deserialize"],
]);

export function isSerializable(path: NodePath<t.Class>): boolean {
  const found = new Set(path.get("body").get("body").map(symbolOfMember));
  return SYMBOLS.every((symbol) => found.has(symbol));
}

function symbolOfMember(path: NodePath): string | undefined {
  if (!path.isClassMethod() && !path.isClassProperty()) return undefined;
  return path.node.static && path.node.computed ? symbolOf(path.get("key") as NodePath) : undefined;
}

function symbolOf(path: NodePath): string | undefined {
  if (path.isMemberExpression()) {
    const { property } = path.node;
    return property.type === "Identifier" ? NAMES.get(property.name) : undefined;
  }
  if (path.isCallExpression()) return symbolForArgument(path);
  if (!path.isIdentifier()) return undefined;
  const binding = path.scope.getBinding(path.node.name);
  if (binding?.path.isImportSpecifier()) {
    const { imported } = binding.path.node;
    return NAMES.get(imported.type === "Identifier" ? imported.name : imported.value);
  }
  if (!binding?.path.isVariableDeclarator()) return undefined;
  const init = binding.path.get("init") as NodePath;
  if (init.isCallExpression()) return symbolForArgument(init);
  return NAMES.get(path.node.name) ?? (init.isIdentifier() ? symbolOf(init) : undefined);
}

/** The key of `Symbol.for("…")`. */
function symbolForArgument(path: NodePath<t.CallExpression>): string | undefined {
  const [argument] = path.node.arguments;
  const isSymbolFor = path.get("callee").matchesPattern("Symbol.for");
  return isSymbolFor && argument?.type === "StringLiteral" ? argument.value : undefined;
}
