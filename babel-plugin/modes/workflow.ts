/**
 * Workflow output: what runs in the sandbox. Workflow bodies stay, step bodies become step calls,
 * and what only step bodies used goes.
 *
 * - S1 A declaration stays a declaration: it can be called and passed on before its statement runs.
 * - S2 A receiver travels only with a step that uses `this`; an arrow takes the `this` around it.
 * - S3 A workflow is reached through an export named after its id, so that a bundle takes in just
 *   the workflows it is for; one that no export can name registers itself.
 */
import type { NodePath, types as t } from "@babel/core";
import { callMember, keepName, pure, replaceFunction, replaceNode, statementOf } from "../builders";
import { classInPlace, type CompiledClass } from "../compiled-class";
import type { FileContext } from "../file-context";
import { usesThis } from "../function-uses";
import { Insertions } from "../insertions";
import type { MarkedFunction } from "../marked-function";
import { findSites, nameSites } from "../sites";
import { declaredName, methodOf, ownName } from "./host";

interface Emitter {
  context: FileContext;
  /** The variable that holds the sandbox's prelude. */
  sandbox: string;
  /** The name of the rest parameter of stubs, taken by nothing in the file. */
  args: string;
  insertions: Insertions;
}

export interface WorkflowOutput {
  /** The ids of the workflows that an export leads to. */
  exported: Set<string>;
  /** The variable that holds the sandbox's prelude. */
  sandbox: string;
}

export function emitWorkflow(
  context: FileContext,
  functions: MarkedFunction[],
  classes: CompiledClass[],
): WorkflowOutput {
  const { t, templates, program } = context;
  const sandbox = program.scope.generateUidIdentifier("everstep").name;
  const args = program.scope.generateUidIdentifier("args").name;
  const emitter: Emitter = { context, sandbox, args, insertions: new Insertions() };
  nameSites(context, sandbox, findSites(context));
  const exported = new Set<string>();
  for (const marked of functions) {
    if (marked.kind === "step") emitStep(emitter, marked);
    else if (emitWorkflowFunction(emitter, marked)) exported.add(marked.id);
  }
  for (const { id, path, binding } of classes) {
    const value = binding === null ? classInPlace(t, path) : t.identifier(binding);
    const call = callMember(t, sandbox, "class", [t.stringLiteral(id), value]);
    if (binding === null) replaceNode(path, call);
    else emitter.insertions.after(path, t.expressionStatement(call));
  }
  emitter.insertions.apply();
  const header = templates.sandbox({ name: t.identifier(sandbox) });
  const headerFirst = new Insertions();
  headerFirst.atTopOf(program.node.body, header);
  headerFirst.apply();
  return { exported, sandbox };
}

function emitStep(emitter: Emitter, marked: MarkedFunction): void {
  const { t } = emitter.context;
  const { path, place } = marked;
  if (place === "static-method" || place === "instance-method") {
    stubBody(emitter, marked);
    const args = [methodOf(t, path), t.stringLiteral(marked.id)];
    const mark = callMember(t, emitter.sandbox, "mark", args);
    emitter.insertions.after(path, t.expressionStatement(mark));
  } else if (path.isFunctionDeclaration()) {
    stubBody(emitter, marked);
    const args: t.Expression[] = [t.identifier(declaredName(path)), t.stringLiteral(marked.id)];
    const capture = captureOf(t, marked);
    if (capture) args.push(capture);
    const mark = callMember(t, emitter.sandbox, "mark", args);
    emitter.insertions.atTopAround(path, t.expressionStatement(mark));
  } else {
    replaceFunction(t, path, pure(t, makeStub(emitter, marked)));
  }
}

/** `_everstep.step(id, () => ({ a, b }))` */
function makeStub({ context: { t }, sandbox }: Emitter, marked: MarkedFunction): t.Expression {
  const { path } = marked;
  const receives = !path.isArrowFunctionExpression() && usesThis(path);
  const args: t.Expression[] = [t.stringLiteral(marked.id)];
  const capture = captureOf(t, marked);
  if (capture) args.push(capture);
  return callMember(t, sandbox, receives ? "method" : "step", args);
}

/** Turns a declaration or method into `function charge(...args) { return _everstep.call(…); }`. */
function stubBody({ context: { t }, sandbox, args: rest }: Emitter, marked: MarkedFunction): void {
  const { path, id } = marked;
  const node = path.node as t.FunctionDeclaration | t.ClassMethod;
  const receiver = usesThis(path) ? t.thisExpression() : t.identifier("undefined");
  const args: t.Expression[] = [t.stringLiteral(id), receiver, t.identifier(rest)];
  const capture = captureOf(t, marked);
  if (capture) args.push(capture);
  node.params = [t.restElement(t.identifier(rest))];
  node.async = false;
  node.returnType = null;
  node.typeParameters = null;
  node.body = t.blockStatement([t.returnStatement(callMember(t, sandbox, "call", args))]);
}

/** `() => ({ a, b, this: this })`, read when the step is called. */
function captureOf(t: FileContext["t"], { captures }: MarkedFunction): t.Expression | null {
  if (!captures || (captures.names.length === 0 && !captures.lexicalThis)) return null;
  const properties = captures.names.map((name) =>
    t.objectProperty(t.identifier(name), t.identifier(name), false, true),
  );
  if (captures.lexicalThis) {
    properties.push(t.objectProperty(t.identifier("this"), t.thisExpression()));
  }
  return t.arrowFunctionExpression([], t.objectExpression(properties));
}

/** True when an export leads to the workflow; otherwise it registers itself. */
function emitWorkflowFunction(emitter: Emitter, marked: MarkedFunction): boolean {
  const { context, sandbox, insertions } = emitter;
  const { t } = context;
  const { path, place, id } = marked;
  const register = (...args: t.Expression[]) =>
    callMember(t, sandbox, "workflow", [t.stringLiteral(id), ...args]);
  if (place === "static-method") {
    const method = methodOf(t, path);
    const call = register(method, t.cloneNode(method.object as t.Expression));
    insertions.after(path, t.expressionStatement(call));
    return false;
  }
  if (place === "expression") {
    const fn = path.node as t.ArrowFunctionExpression | t.FunctionExpression | t.ObjectMethod;
    replaceFunction(t, path, register(keepName(t, fn, ownName(marked))));
    return false;
  }
  const binding = bindingOf(path);
  if (isAtTopOfModule(context, path)) {
    const specifier = t.exportSpecifier(t.identifier(binding), t.stringLiteral(id));
    insertions.after(path, t.exportNamedDeclaration(null, [specifier]));
    return true;
  }
  insertions.after(path, t.expressionStatement(register(t.identifier(binding))));
  return false;
}

function bindingOf(path: NodePath<t.Function>): string {
  if (path.isFunctionDeclaration()) return declaredName(path);
  return ((path.parent as t.VariableDeclarator).id as t.Identifier).name;
}

/** Only there can an `export` stand, and only in a module that has no `export =`. */
function isAtTopOfModule({ program }: FileContext, path: NodePath): boolean {
  const { sourceType, body } = program.node;
  if (sourceType !== "module" || statementOf(path).parentPath !== program) return false;
  return !body.some(({ type }) => type === "TSExportAssignment");
}
