/**
 * Takes out of workflow output what only step bodies used: that is what makes it legal to import
 * Node's modules in a file that also holds a workflow.
 *
 * - P1 Only what a step body used, directly or through other such things, can go.
 * - P2 What anything that stays refers to, stays; so does what changes a variable that stays, and
 *   what holds a workflow.
 * - P3 A statement such as `client.use(…)` goes with `client`, if that goes.
 * - P4 Exports stay. One that only steps used here is marked pure, so the bundler may drop it.
 * - P5 In a file with steps, imports made only for their side effects go.
 */
import type { NodePath, types as t } from "@babel/core";
import { pure } from "./builders";
import type { FileContext, T } from "./file-context";
import { keepComments } from "./keep-comments";
import type { MarkedFunction } from "./marked-function";
import { findParts, type Part, topLevelReferences } from "./parts";

/** The top-level names that step bodies refer to; to be called before the bodies are replaced. */
export function namesUsedBySteps(context: FileContext, functions: MarkedFunction[]): Set<string> {
  const steps = new Set<t.Node>();
  for (const { kind, path } of functions) if (kind === "step") steps.add(path.node);
  const used = new Set<string>();
  for (const [name, references] of topLevelReferences(context)) {
    if (references.some((path) => path.findParent(({ node }) => steps.has(node)))) used.add(name);
  }
  return used;
}

/** To be called when the bodies are replaced and the scopes have been crawled again. */
export function prune(
  context: FileContext,
  functions: MarkedFunction[],
  usedBySteps: Set<string>,
  sandbox: string,
): void {
  const parts = findParts(context, functions, sandbox);
  const stepSide = reach(parts, usedBySteps, () => true);
  const isCandidate = (part: Part) =>
    part.mayGo && subjects(part).length > 0 && subjects(part).every((name) => stepSide.has(name));
  const live = liveNames(parts, isCandidate);
  const isStepOnly = (name: string) => stepSide.has(name) && !live.has(name);
  const isDroppable = ({ names, changes, mayGo, holdsWorkflow }: Part) =>
    !mayGo &&
    !holdsWorkflow &&
    names.every(isStepOnly) &&
    ![...changes].some((name) => live.has(name));
  const gone = new Set<t.Node>();
  for (const part of parts) {
    if (isCandidate(part) && !isLive(part, live)) gone.add(part.node);
    else if (isDroppable(part)) markPure(context.t, part.node);
  }
  remove(context.program, gone);
}

/** What a part declares, or acts on. */
function subjects(part: Part): string[] {
  return part.actsOn.length === 0 ? part.names : part.actsOn;
}

function isLive(part: Part, live: Set<string>): boolean {
  return [...subjects(part), ...part.changes].some((name) => live.has(name));
}

/** To a fixed point: a candidate that changes something live is live, and so is all it refers to. */
function liveNames(parts: Part[], isCandidate: (part: Part) => boolean): Set<string> {
  const roots = new Set(parts.filter((part) => !isCandidate(part)));
  for (;;) {
    const names = new Set([...roots].flatMap((part) => [...part.uses]));
    const live = reach(parts, names, isCandidate);
    const before = roots.size;
    for (const part of parts) if (isLive(part, live)) roots.add(part);
    if (roots.size === before) return live;
  }
}

/** All names that `from` leads to. With P3, a statement that acts on a name belongs to it. */
function reach(parts: Part[], from: Set<string>, follows: (part: Part) => boolean): Set<string> {
  const reached = new Set<string>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const part of parts) {
      // What one statement declares together stays together.
      if (part.names.includes(name)) open.push(...part.names, ...part.uses);
      else if (part.actsOn.includes(name) && follows(part)) open.push(...part.uses);
    }
  }
  return reached;
}

/** The whole value moves into a call that may be dropped, with all that it calls itself. */
function markPure(t: T, node: t.Node): void {
  if (node.type !== "VariableDeclarator" || !node.init || isHarmless(t, node.init)) return;
  let waits = false;
  t.traverseFast(node.init, (inner) => {
    if (inner.type === "AwaitExpression" || inner.type === "YieldExpression") waits = true;
  });
  if (waits) return;
  node.init = pure(t, t.callExpression(t.arrowFunctionExpression([], node.init), []));
}

/** Bundlers see by themselves that nothing happens here. */
function isHarmless(t: T, node: t.Expression): boolean {
  if (node.leadingComments?.some(({ value }) => /[@#]__PURE__/.test(value))) return true;
  const isLiteral = t.isLiteral(node) && !t.isTemplateLiteral(node);
  return isLiteral || t.isFunction(node) || t.isIdentifier(node) || t.isClass(node);
}

function remove(program: NodePath<t.Program>, gone: Set<t.Node>): void {
  const { node } = program;
  const stays = (statement: t.Statement): boolean => {
    if (gone.has(statement)) return false;
    if (statement.type === "ImportDeclaration") return keepSpecifiers(statement, gone);
    if (statement.type !== "VariableDeclaration") return true;
    statement.declarations = statement.declarations.filter((each) => !gone.has(each));
    return statement.declarations.length > 0;
  };
  const kept = node.body.filter(stays);
  const first = node.body.findIndex((statement) => kept.includes(statement));
  const removedAhead = node.body.slice(0, first === -1 ? undefined : first);
  node.body = kept;
  // Ahead of the file stand its licence and its pragmas, which are not the import's.
  keepComments(node, removedAhead);
}

function keepSpecifiers(statement: t.ImportDeclaration, gone: Set<t.Node>): boolean {
  const kept = statement.specifiers.filter((specifier) => !gone.has(specifier));
  const changed = kept.length < statement.specifiers.length;
  statement.specifiers = kept;
  const isType = (specifier: t.Node) =>
    specifier.type === "ImportSpecifier" && specifier.importKind === "type";
  if (changed && kept.length > 0 && kept.every(isType)) {
    // As a value import it would still be loaded for its effects.
    statement.importKind = "type";
    for (const specifier of kept) (specifier as t.ImportSpecifier).importKind = null;
  }
  return kept.length > 0;
}
