/** Classes that the runtime must know by id: their instances travel, or their methods are steps. */
import type { NodePath, types as t } from "@babel/core";
import { buildId } from "../lib/contract/id";
import { bindingOfClass } from "./analyse";
import type { FileContext } from "./file-context";
import type { MarkedFunction } from "./marked-function";
import { enclosingNames } from "./name-function";
import { isSerializable } from "./serializable-class";

export interface CompiledClass {
  id: string;
  name: string;
  path: NodePath<t.Class>;
  /** The variable through which statements after the class reach it. */
  binding: string;
}

export function findClasses(context: FileContext, functions: MarkedFunction[]): CompiledClass[] {
  const classes: CompiledClass[] = [];
  const withMethods = new Set(functions.map(({ path }) => path.parentPath?.parentPath?.node));
  context.program.traverse({
    Function: (path) => path.skip(),
    Class(path) {
      const binding = bindingOfClass(path);
      if (binding === null || !(withMethods.has(path.node) || isSerializable(path))) return;
      const name = [...enclosingNames(path), binding].join("/");
      classes.push({ id: buildId("class", context.moduleName.module, name), name, path, binding });
    },
  });
  return classes;
}
