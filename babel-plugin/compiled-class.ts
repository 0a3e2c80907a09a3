/** Classes that the runtime must know by id: their instances travel, or their methods are steps. */
import type { NodePath, types as t } from "@babel/core";
import { buildId } from "../lib/contract/id";
import { bindingOfClass } from "./analyse";
import { keepName } from "./builders";
import type { FileContext, T } from "./file-context";
import type { MarkedFunction } from "./marked-function";
import { className, enclosingNames, UniqueNames } from "./name-function";
import { isSerializable } from "./serializable-class";

export interface CompiledClass {
  id: string;
  name: string;
  path: NodePath<t.Class>;
  /** The variable through which statements after the class reach it; null for one that has none. */
  binding: string | null;
}

export function findClasses(context: FileContext, functions: MarkedFunction[]): CompiledClass[] {
  // Compiled code that is compiled again has its classes registered already.
  if (context.file.code?.includes("everstep.registry")) return [];
  const classes: CompiledClass[] = [];
  const names = new UniqueNames();
  const withMethods = new Set(functions.map(({ path }) => path.parentPath?.parentPath?.node));
  context.program.traverse({
    Function: (path) => path.skip(),
    Class(path) {
      if (!withMethods.has(path.node) && !isSerializable(path)) return;
      const own = className(path) ?? "default";
      const name = names.take([...enclosingNames(path), own]);
      const id = buildId("class", context.moduleName.module, name);
      classes.push({ id, name, path, binding: bindingOfClass(path) });
    },
  });
  return classes;
}

/** The class as an expression, with the name its place gives it. */
export function classInPlace(t: T, path: NodePath<t.Class>): t.Expression {
  const node = { ...path.node, type: "ClassExpression" } as t.ClassExpression;
  const isDefault = path.parent.type === "ExportDefaultDeclaration" && !node.id;
  return isDefault ? keepName(t, node, "default") : node;
}
