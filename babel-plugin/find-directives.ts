/**
 * Finds the functions that carry a directive, and every string that looks like one but stands where
 * it has no effect. A directive is never silently ignored: it marks a function or it is reported.
 */
import type { NodePath, types as t } from "@babel/core";
import { type FileContext, report } from "./file-context";
import { keepComments } from "./keep-comments";

export type Kind = "workflow" | "step";

export interface Directives {
  /** The directive at the top of the file. */
  file: Kind | null;
  functions: Map<NodePath<t.Function>, Kind>;
}

const DIRECTIVES: ReadonlyMap<string, Kind> = new Map([
  ["use workflow", "workflow"],
  ["use step", "step"],
]);

export function directiveOf(kind: Kind): string {
  return `use ${kind}`;
}

export function findDirectives(context: FileContext): Directives {
  const functions: Directives["functions"] = new Map();
  const file = readPrologue(context, context.program.node.directives);
  context.program.traverse({
    Function(path) {
      if (path.node.body?.type !== "BlockStatement") return;
      const kind = readPrologue(context, path.node.body.directives);
      if (kind) functions.set(path, kind);
    },
    Directive(path) {
      const holder = path.parentPath.parentPath;
      if (!path.parentPath.isProgram() && !holder?.isFunction()) reportMisplaced(context, path);
    },
    ExpressionStatement(path) {
      const { expression } = path.node;
      if (isFirstOfBody(path)) reportUnended(context, expression);
      if (expression.type !== "StringLiteral" || !DIRECTIVES.has(expression.value)) return;
      // A formatter puts parentheses around a misplaced one; on a first statement they are meant.
      const isMeant = expression.extra?.parenthesized && isFirstOfBody(path);
      if (!isMeant) reportMisplaced(context, path);
    },
  });
  return { file, functions };
}

/**
 * Takes our directives out of a prologue: compiled code has none, so nothing is compiled twice. The
 * comments ahead of one stay, for tools read some of them.
 */
export function removeDirectives(holder: t.Program | t.BlockStatement): void {
  const [kept, removed] = [[] as t.Directive[], [] as t.Directive[]];
  for (const each of holder.directives) {
    (DIRECTIVES.has(each.value.value) ? removed : kept).push(each);
  }
  holder.directives = kept;
  keepComments(holder, removed);
}

function readPrologue(context: FileContext, directives: t.Directive[]): Kind | null {
  let found: Kind | null = null;
  for (const directive of directives) {
    const text = directive.value.value;
    const kind = DIRECTIVES.get(text);
    if (kind && found && found !== kind) reportConflict(context, directive);
    if (!kind) reportMisspelt(context, directive);
    found ??= kind ?? null;
  }
  return found;
}

/** `"use step"` on a line of its own, of which the next line makes an expression. */
function reportUnended(context: FileContext, expression: t.Node): void {
  let first = expression;
  while (first.type !== "StringLiteral") {
    const next = "object" in first ? first.object : "callee" in first ? first.callee : null;
    const left = next ?? ("left" in first ? first.left : "tag" in first ? first.tag : null);
    if (!left || typeof left !== "object" || !("type" in left)) return;
    first = left as t.Node;
  }
  if (first === expression || first.extra?.parenthesized || !DIRECTIVES.has(first.value)) return;
  const message = `"${first.value}" is part of the expression that follows it: a semicolon is missing`;
  report(context, first, "DIRECTIVE_NOT_FIRST", message);
}

function isFirstOfBody(path: NodePath): boolean {
  const holder = path.parentPath;
  return path.key === 0 && (holder?.isProgram() || holder?.parentPath?.isFunction()) === true;
}

function reportMisplaced(
  context: FileContext,
  path: NodePath<t.Directive> | NodePath<t.ExpressionStatement>,
): void {
  const { node } = path;
  const text = node.type === "Directive" ? node.value.value : stringOf(node);
  if (!DIRECTIVES.has(text)) return;
  const inFunction = path.getFunctionParent() !== null;
  const place = inFunction ? "the function body" : "the file";
  const message = `The "${text}" directive must be at the top of ${place}`;
  report(context, node, "DIRECTIVE_NOT_FIRST", message);
}

function reportConflict(context: FileContext, directive: t.Directive): void {
  const message = `"use workflow" and "use step" cannot both be used in one function or at the top of one file`;
  report(context, directive, "DIRECTIVES_CONFLICT", message);
}

function reportMisspelt(context: FileContext, directive: t.Directive): void {
  const text = directive.value.value;
  const meant = [...DIRECTIVES.keys()].find((name) => isOneEditAway(text, name));
  if (!meant) return;
  const message = `Did you mean "${meant}"? "${text}" is not a supported directive`;
  report(context, directive, "DIRECTIVE_MISSPELT", message);
}

function stringOf(node: t.ExpressionStatement): string {
  return node.expression.type === "StringLiteral" ? node.expression.value : "";
}

/** One letter added, left out, or replaced. */
function isOneEditAway(text: string, target: string): boolean {
  if (Math.abs(text.length - target.length) > 1) return false;
  let start = 0;
  while (start < text.length && text[start] === target[start]) start++;
  let end = 0;
  const rest = Math.min(text.length, target.length) - start;
  while (end < rest && text.at(-1 - end) === target.at(-1 - end)) end++;
  return Math.max(text.length, target.length) - start - end === 1;
}
