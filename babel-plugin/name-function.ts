/**
 * The name part of a function's id: the chain of names around it, joined with `/`.
 *
 * - N1 Names are computed from the source alone, before any mode changes it, so all modes agree.
 * - N2 No two functions of a file share a name: the second gets `~2`.
 * - N3 A function without a name of its own takes that of the variable, property or class member it
 *   is the value of; one passed straight to a call inside a function is `_anonymousStep<n>`.
 */
import type { NodePath, types as t } from "@babel/core";
import type { Kind } from "./find-directives";

type ClassMember =
  | NodePath<t.ClassMethod>
  | NodePath<t.ClassPrivateMethod>
  | NodePath<t.ClassProperty>
  | NodePath<t.ClassAccessorProperty>;

/** Where a property's name cannot be read in the source. */
export class NameNotStatic {
  constructor(readonly node: t.Node) {}
}

/** The names from the outermost to the function's own; null when it has none of its own. */
export function nameChain(path: NodePath<t.Function>): string[] | null | NameNotStatic {
  const own = ownNames(path);
  if (own instanceof NameNotStatic) return own;
  return own.length === 0 ? null : [...enclosingNames(path), ...own];
}

/** The names of the functions, classes and namespaces around a path, outermost first. */
export function enclosingNames(path: NodePath): string[] {
  const holder = path.findParent((parent) => parent.isFunction() || parent.isTSModuleDeclaration());
  if (!holder) return [];
  const outer = enclosingNames(holder);
  if (holder.isTSModuleDeclaration()) return [...outer, moduleName(holder.node)];
  const own = ownNames(holder as NodePath<t.Function>);
  return own instanceof NameNotStatic ? outer : [...outer, ...own];
}

export class UniqueNames {
  #taken = new Set<string>();
  #anonymous = { step: 0, workflow: 0 };

  take(chain: string[]): string {
    const name = chain.join("/");
    let free = name;
    for (let n = 2; this.#taken.has(free); n++) free = `${name}~${n}`;
    this.#taken.add(free);
    return free;
  }

  anonymous(kind: Kind): string {
    return `_anonymous${kind === "step" ? "Step" : "Workflow"}${this.#anonymous[kind]++}`;
  }
}

/** The static name of a property or member, or null when only running the code would tell. */
export function keyName(node: { key: t.Node; computed?: boolean | null }): string | null {
  const { key } = node;
  if (key.type === "StringLiteral") return key.value;
  if (key.type === "NumericLiteral") return String(key.value);
  if (key.type === "PrivateName") return `#${key.id.name}`;
  return key.type === "Identifier" && !node.computed ? key.name : null;
}

/** The class name that ids use; null for a class that has none. */
export function className(path: NodePath<t.Class>): string | null {
  if (path.node.id) return path.node.id.name;
  const names = valueNames(path);
  return names instanceof NameNotStatic ? null : (names.at(-1) ?? null);
}

function ownNames(path: NodePath<t.Function>): string[] | NameNotStatic {
  const { node } = path;
  if (node.type === "FunctionDeclaration") return [node.id?.name ?? "default"];
  if (path.isClassMethod() || path.isClassPrivateMethod()) return memberNames(path);
  if (path.isObjectMethod()) return propertyNames(path);
  const names = valueNames(path);
  if (names instanceof NameNotStatic || names.length > 0) return names;
  return node.type === "FunctionExpression" && node.id ? [node.id.name] : [];
}

function memberNames(path: ClassMember): string[] | NameNotStatic {
  const name = keyName(path.node);
  if (name === null) return new NameNotStatic(path.node.key);
  const holder = className(path.parentPath.parentPath as NodePath<t.Class>) ?? "default";
  return [holder + (path.node.static ? "." : "#") + name];
}

/** The names an expression gets from what it is the value of, innermost last. */
function valueNames(path: NodePath): string[] | NameNotStatic {
  const parent = path.parentPath;
  if (!parent) return [];
  if (parent.isVariableDeclarator()) {
    return parent.node.id.type === "Identifier" ? [parent.node.id.name] : [];
  }
  if (parent.isAssignmentExpression()) return targetNames(parent.node.left);
  if (parent.isAssignmentPattern()) return targetNames(parent.node.left);
  if (parent.isExportDefaultDeclaration() || parent.isTSExportAssignment()) return ["default"];
  if (parent.isObjectProperty()) return propertyNames(parent);
  if (parent.isClassProperty() || parent.isClassAccessorProperty()) return memberNames(parent);
  // A function given straight to a call, inside another function, has no name worth keeping.
  const isArgument = parent.isCallExpression() || parent.isNewExpression();
  if (isArgument && path.isFunction() && path.getFunctionParent()) return [];
  const isPart = parent.isExpression() && !parent.isFunction();
  return isPart || parent.isSpreadElement() ? valueNames(parent) : [];
}

function propertyNames(
  path: NodePath<t.ObjectProperty> | NodePath<t.ObjectMethod>,
): string[] | NameNotStatic {
  const name = keyName(path.node);
  if (name === null) return new NameNotStatic(path.node.key);
  const outer = valueNames(path.parentPath);
  return outer instanceof NameNotStatic ? outer : [...outer, name];
}

/** `obj.run = …` is `obj/run`; `exports.run = …` and `module.exports.run = …` are `run`. */
function targetNames(target: t.Node): string[] | NameNotStatic {
  if (target.type === "Identifier") return [target.name];
  if (target.type !== "MemberExpression") return [];
  const key = keyName({ key: target.property, computed: target.computed });
  if (key === null) return new NameNotStatic(target.property);
  if (target.object.type === "Identifier" && target.object.name === "exports") return [key];
  if (isModuleExports(target)) return ["default"];
  if (isModuleExports(target.object)) return [key];
  const outer = targetNames(target.object);
  return outer instanceof NameNotStatic ? outer : [...outer, key];
}

function isModuleExports(node: t.Node): boolean {
  return (
    node.type === "MemberExpression" &&
    node.object.type === "Identifier" &&
    node.object.name === "module" &&
    node.property.type === "Identifier" &&
    node.property.name === "exports"
  );
}

function moduleName(node: t.TSModuleDeclaration): string {
  return entityName(node.id);
}

/** Babel 8 keeps `A.B` of `namespace A.B` as one name, Babel 7 as two namespaces. */
function entityName(node: t.Node): string {
  if (node.type === "TSQualifiedName") return `${entityName(node.left)}/${node.right.name}`;
  return node.type === "Identifier" ? node.name : node.type === "StringLiteral" ? node.value : "";
}
