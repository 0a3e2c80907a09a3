/**
 * Host output: what runs in Node. Steps keep their bodies and are registered; workflow bodies
 * become a throw, since calling one would not be durable. `step` and `client` are its two halves.
 *
 * - H1 Called from ordinary code a step is the ordinary function that stands in the source.
 * - H2 A nested step is also registered as a factory that makes it from the values it captured.
 * - H3 A function declaration is registered ahead of all other statements, as it can be called there.
 */
import type { NodePath, types as t } from "@babel/core";
import { parseId } from "../../lib/contract/id";
import { bindingOfClass } from "../analyse";
import { keepName, memberOf, replaceFunction, replaceNode, statementOf } from "../builders";
import { boundName } from "../captures";
import { classInPlace, type CompiledClass } from "../compiled-class";
import type { FileContext } from "../file-context";
import { Insertions } from "../insertions";
import type { MarkedFunction } from "../marked-function";
import { keyName } from "../name-function";
import { staticProperties } from "../static-properties";
import { wrapped } from "../unwrap";

export function emitHost(
  context: FileContext,
  functions: MarkedFunction[],
  classes: CompiledClass[],
): void {
  const helper = context.program.scope.generateUidIdentifier("everstep").name;
  const insertions = new Insertions();
  const emitter = { context, helper, insertions };
  // Factories are copies of nested functions, so they are made before any body is replaced.
  for (const marked of functions) if (marked.place === "nested") registerFactory(emitter, marked);
  for (const marked of functions) if (marked.kind === "workflow") replaceBody(context, marked);
  for (const marked of functions) if (marked.place !== "nested") register(emitter, marked);
  for (const found of classes) registerClass(emitter, found);
  insertions.apply();
  context.program.node.body.push(helperFunction(context, helper));
}

interface Emitter {
  context: FileContext;
  /** The name of the file's registering function. */
  helper: string;
  insertions: Insertions;
}

function register(emitter: Emitter, marked: MarkedFunction): void {
  const { t } = emitter.context;
  const { kind, id, path, place } = marked;
  const value = (fn: t.Expression) => registration(emitter, kind, id, fn, path.node);
  if (place === "declaration") {
    const name = declaredName(path);
    emitter.insertions.atTopAround(path, t.expressionStatement(value(t.identifier(name))));
  } else if (place === "variable") {
    const { id: variable } = path.parent as t.VariableDeclarator;
    const fn = t.identifier((variable as t.Identifier).name);
    emitter.insertions.after(path, t.expressionStatement(value(fn)));
  } else if (place === "expression") {
    const fn = path.node as t.ArrowFunctionExpression | t.FunctionExpression | t.ObjectMethod;
    replaceFunction(t, path, value(keepName(t, fn, ownName(marked))));
  } else {
    emitter.insertions.after(path, t.expressionStatement(value(methodOf(t, path))));
  }
}

function registerClass(emitter: Emitter, { id, path, binding }: CompiledClass): void {
  const { t } = emitter.context;
  const value = (node: t.Expression) => registration(emitter, "class", id, node, path.node);
  if (binding === null) return replaceNode(path, value(classInPlace(t, path)));
  emitter.insertions.after(path, t.expressionStatement(value(t.identifier(binding))));
}

function registerFactory(emitter: Emitter, marked: MarkedFunction): void {
  const { context, insertions } = emitter;
  if (context.mode === "client") return;
  const factory = makeFactory(context, marked);
  const call = registration(emitter, "closure", marked.id, factory, marked.path.node);
  insertions.atTopOf(context.program.node.body, context.t.expressionStatement(call));
}

/** `({ a, b }) => { const inner = …; inner.maxRetries = 5; return inner; }` */
function makeFactory(context: FileContext, { path, captures }: MarkedFunction): t.Expression {
  const { t } = context;
  const fn = t.cloneNode(path.node, true);
  const body: t.Statement[] = [];
  const name = boundName(path);
  let result: t.Expression;
  if (name === undefined || (fn.type === "FunctionExpression" && fn.id?.name === name)) {
    result = keepName(t, fn as t.FunctionExpression, nameInPlace(path));
  } else {
    result = t.identifier(name);
    body.push(fn.type === "FunctionDeclaration" ? fn : declaring(t, name, fn, statementOf(path)));
    // Copies of `inner.maxRetries = 5` and its like, which a workflow's replaced body would lose.
    for (const { write } of staticProperties(path)) {
      body.push(t.cloneNode(statementOf(write).node, true));
    }
  }
  const names = captures?.names ?? [];
  const properties = names.map((name) =>
    t.objectProperty(t.identifier(name), t.identifier(name), false, true),
  );
  const parameters = names.length > 0 ? [t.objectPattern(properties)] : [];
  const block = t.blockStatement([...body, t.returnStatement(result)]);
  return captures?.lexicalThis
    ? t.functionExpression(null, parameters, block)
    : t.arrowFunctionExpression(parameters, block);
}

function declaring(t: FileContext["t"], name: string, fn: t.Node, original: NodePath): t.Statement {
  const declarator = t.variableDeclarator(t.identifier(name), fn as t.Expression);
  const declaration = t.variableDeclaration("const", [declarator]);
  declarator.loc = original.node.loc;
  declaration.loc = original.node.loc;
  return declaration;
}

function replaceBody(context: FileContext, { path, id, name }: MarkedFunction): void {
  const { t, templates } = context;
  const isDefault = name === "default" || name.startsWith("default/");
  const shortName = isDefault ? parseId(id)?.shortName : name.replaceAll("/", ".");
  const text =
    `You attempted to execute workflow ${shortName} function directly. ` +
    `To start a workflow, use start(${shortName}) from workflow/api (or everstep/api). ` +
    `See everstep/docs/errors/WORKFLOW_CALLED_DIRECTLY.md`;
  const thrown = templates.throwCalledDirectly({ text: t.stringLiteral(text) });
  path.node.params = [];
  path.node.body = t.blockStatement([thrown]);
}

/** `_everstep("step", "step//./src/order//charge", charge, "src/order.ts:12")` */
function registration(
  { context, helper }: Emitter,
  kind: string,
  id: string,
  fn: t.Expression,
  node: t.Node,
): t.CallExpression {
  const { t } = context;
  const at = `${context.moduleName.file}:${node.loc?.start.line ?? 1}`;
  const args = [t.stringLiteral(kind), t.stringLiteral(id), fn, t.stringLiteral(at)];
  return t.callExpression(t.identifier(helper), args);
}

function helperFunction({ t, templates, mode }: FileContext, name: string): t.Statement {
  const helper = t.identifier(name);
  if (mode === "host") return templates.register({ helper });
  const kind = t.stringLiteral(mode === "step" ? "workflow" : "step");
  return templates.registerAllBut({ helper, kind });
}

/** A default export without a name gets one: it must stay a declaration, to be there early. */
export function declaredName(path: NodePath<t.Function>): string {
  const node = path.node as t.FunctionDeclaration;
  node.id ??= path.scope.getProgramParent().path.scope.generateUidIdentifier("default");
  return node.id.name;
}

/** The name that the place of an expression gives the function when it runs. */
export function ownName({ path }: MarkedFunction): string | undefined {
  return nameInPlace(path);
}

function nameInPlace(path: NodePath<t.Function>): string | undefined {
  if (path.isObjectMethod()) return keyName(path.node) ?? undefined;
  const { parent } = wrapped(path);
  if (parent.type === "VariableDeclarator" && parent.id.type === "Identifier")
    return parent.id.name;
  if (parent.type === "ObjectProperty") return keyName(parent) ?? undefined;
  if (parent.type === "ExportDefaultDeclaration") return "default";
  const target =
    parent.type === "AssignmentExpression" || parent.type === "AssignmentPattern"
      ? parent.left
      : null;
  return target?.type === "Identifier" ? target.name : undefined;
}

/** `Mailer.send` or `Account.prototype.deposit` */
export function methodOf(t: FileContext["t"], path: NodePath<t.Function>): t.MemberExpression {
  const method = path.node as t.ClassMethod;
  const owner = t.identifier(bindingOfClass(path.parentPath.parentPath as NodePath<t.Class>) ?? "");
  const holder = method.static ? owner : memberOf(t, owner, "prototype");
  return memberOf(t, holder, keyName(method) ?? "");
}
