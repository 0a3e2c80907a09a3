/** Turns the functions with directives into marked functions, and refuses what cannot be compiled. */
import type { NodePath, types as t } from "@babel/core";
import { buildId } from "../lib/contract/id";
import { refuseCaptureCycles } from "./capture-cycles";
import { findCaptures } from "./captures";
import { exportedFunctions, exportedNames } from "./exports";
import { type FileContext, report } from "./file-context";
import { type Directives, directiveOf, type Kind } from "./find-directives";
import { usesSuper, usesThis } from "./function-uses";
import type { MarkedFunction, Place } from "./marked-function";
import { nameChain, NameNotStatic, UniqueNames } from "./name-function";
import { isSerializable } from "./serializable-class";
import { staticProperties } from "./static-properties";

export function analyse(context: FileContext, directives: Directives): MarkedFunction[] {
  const functions = new Map(directives.functions);
  if (directives.file) {
    for (const path of exportedFunctions(context, directives.file)) {
      if (!functions.has(path)) functions.set(path, directives.file);
    }
  }
  const names = new UniqueNames();
  const exported = exportedNames(context.program);
  const inSourceOrder = [...functions].sort(([a], [b]) => startOf(a) - startOf(b));
  const marked = inSourceOrder.flatMap(([path, kind]) => {
    return isInsideStep(path, functions)
      ? analyseInsideStep(context, path, kind)
      : analyseOne(context, path, kind, names, exported);
  });
  refuseCaptureCycles(context, marked);
  return marked;
}

/** A step called from a step is an ordinary call, so a step inside one is an ordinary function. */
function analyseInsideStep(context: FileContext, path: NodePath<t.Function>, kind: Kind): [] {
  if (!path.node.async || path.node.generator) reportNotAsync(context, path, kind);
  else if (kind === "workflow") checkWorkflowPlace(context, path, "nested");
  return [];
}

function analyseOne(
  context: FileContext,
  path: NodePath<t.Function>,
  kind: Kind,
  names: UniqueNames,
  exported: Set<string>,
): MarkedFunction[] {
  const found = context.diagnostics.length;
  const place = placeOf(path);
  if (!path.node.async || path.node.generator) reportNotAsync(context, path, kind);
  else if (place === null) reportPosition(context, path, kind);
  else checkPlace(context, path, kind, place);
  const chain = nameChain(path);
  if (chain instanceof NameNotStatic) {
    const message = `The name of a function with "${directiveOf(kind)}" must stand in the source`;
    report(context, chain.node, "NAME_NOT_STATIC", message);
    return [];
  }
  if (place === null || context.diagnostics.length > found) return [];
  const captures = place === "nested" ? findCaptures(context, path) : null;
  const name = names.take(chain ?? [...nestedIn(path), names.anonymous(kind)]);
  const id = buildId(kind, context.moduleName.module, name);
  const isExported = place !== "nested" && isReachable(path, chain?.[0], exported);
  return [{ kind, path, place, id, name, exported: isExported, captures }];
}

/** Whether an importer of the file can get at the function. */
function isReachable(
  path: NodePath,
  outermost: string | undefined,
  exported: Set<string>,
): boolean {
  const owner = path.isClassMethod()
    ? bindingOfClass(path.parentPath.parentPath as NodePath<t.Class>)
    : outermost;
  return (
    exported.has(owner ?? "") || path.findParent((at) => at.isExportDefaultDeclaration()) !== null
  );
}

function nestedIn(path: NodePath<t.Function>): string[] {
  const holder = path.getFunctionParent();
  const chain = holder && nameChain(holder);
  if (!chain || chain instanceof NameNotStatic) return holder ? nestedIn(holder) : [];
  return chain;
}

function reportNotAsync(context: FileContext, { node }: NodePath<t.Function>, kind: Kind): void {
  const message = `Functions marked with "${directiveOf(kind)}" must be async functions`;
  const detail = node.generator ? ", not generators" : "";
  report(context, node, "FUNCTION_NOT_ASYNC", message + detail);
}

/** Null for a position that the compiler does not support. */
function placeOf(path: NodePath<t.Function>): Place | null {
  if (path.isClassMethod()) return methodPlace(path);
  if (path.isClassPrivateMethod() || isFieldValue(path)) return null;
  if (path.isObjectMethod() && path.node.kind !== "method") return null;
  if (path.getFunctionParent()) return "nested";
  if (isInLoop(path)) return null;
  if (path.isFunctionDeclaration()) return "declaration";
  return isStatementVariable(path) ? "variable" : "expression";
}

/** The value of a named variable whose declaration is a statement, so that another can follow it. */
function isStatementVariable(path: NodePath<t.Function>): boolean {
  const declarator = path.parentPath;
  if (!declarator.isVariableDeclarator() || declarator.node.id.type !== "Identifier") return false;
  return isStatement(declarator.parentPath);
}

function methodPlace(path: NodePath<t.ClassMethod>): Place | null {
  const owner = path.parentPath.parentPath as NodePath<t.Class>;
  if (path.node.kind !== "method" || owner.getFunctionParent() || isInLoop(owner)) return null;
  if (!bindingOfClass(owner)) return null;
  return path.node.static ? "static-method" : "instance-method";
}

/** The name by which statements after a class can reach it. */
export function bindingOfClass(path: NodePath<t.Class>): string | null {
  if (path.isClassDeclaration()) return path.node.id?.name ?? null;
  const { parentPath } = path;
  if (!parentPath.isVariableDeclarator() || parentPath.node.id.type !== "Identifier") return null;
  return isStatement(parentPath.parentPath) ? parentPath.node.id.name : null;
}

/** Stands in a list of statements, so that others can follow it. */
function isStatement(path: NodePath | null): boolean {
  return path?.inList === true || path?.parentPath?.isExportNamedDeclaration() === true;
}

function isFieldValue(path: NodePath): boolean {
  const field = path.findParent(
    (parent) => parent.isClassProperty() || parent.isClassAccessorProperty() || parent.isFunction(),
  );
  return field !== null && !field.isFunction();
}

function isInLoop(path: NodePath): boolean {
  return path.findParent((parent) => parent.isLoop()) !== null;
}

function isInsideStep(path: NodePath, functions: Map<NodePath<t.Function>, Kind>): boolean {
  return path.findParent((at) => functions.get(at as NodePath<t.Function>) === "step") !== null;
}

function reportPosition(context: FileContext, path: NodePath<t.Function>, kind: Kind): void {
  const message = `"${directiveOf(kind)}" is not supported here`;
  report(context, path.node, "POSITION_NOT_SUPPORTED", message);
}

function checkPlace(
  context: FileContext,
  path: NodePath<t.Function>,
  kind: Kind,
  place: Place,
): void {
  if (kind === "workflow") return checkWorkflowPlace(context, path, place);
  if (path.isObjectMethod() && usesSuper(path)) {
    report(context, path.node, "THIS_NOT_SUPPORTED", "A step in an object cannot use `super`");
  }
  if (place === "nested") checkProperties(context, path);
  if (place !== "instance-method" || !usesThis(path)) return;
  const owner = path.parentPath.parentPath as NodePath<t.Class>;
  if (isSerializable(owner) || owner.node.superClass) return;
  const message = `The instance travels with a step that uses \`this\`, but class ${bindingOfClass(owner)} is not serializable`;
  report(context, path.node, "CLASS_NOT_SERIALIZABLE", message);
}

/** A nested step is registered outside the function around it, and so are its properties. */
function checkProperties(context: FileContext, path: NodePath<t.Function>): void {
  for (const { write, isConstant } of staticProperties(path)) {
    if (isConstant) continue;
    const message = "A property of a nested step must be a constant, assigned beside the step";
    report(context, write.node, "STATIC_PROPERTY_NOT_HOISTABLE", message);
  }
}

function checkWorkflowPlace(context: FileContext, path: NodePath<t.Function>, place: Place): void {
  if (place === "instance-method") {
    const message = `Instance methods cannot be marked with "use workflow". Only static methods, functions, and object methods are supported.`;
    report(context, path.node, "POSITION_NOT_SUPPORTED", message);
  }
  if (place === "nested") {
    const message = "A workflow cannot be declared inside another function";
    report(context, path.node, "WORKFLOW_NESTED", message);
  }
  if (place !== "expression" || path.isArrowFunctionExpression()) return;
  const use = usesThis(path) ? "this" : usesSuper(path) ? "super" : null;
  if (use === null) return;
  const message = `A workflow in an object cannot use \`${use}\`: \`start()\` calls it on its own`;
  report(context, path.node, "THIS_NOT_SUPPORTED", message);
}

function startOf(path: NodePath): number {
  return path.node.start ?? 0;
}
