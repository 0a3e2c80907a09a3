/**
 * Finds the functions that carry a directive, and every string that looks like one but stands where
 * it has no effect. A directive is never silently ignored: it marks a function or it is reported.
 */
import type { NodePath, types as t } from "@babel/core";
import { type FileContext, report } from "./file-context";

export type Kind = "workflow" | "step";

export interface Directives {
  /** The directive at the top of the file. */
  file: Kind | null;
  functions: Map<NodePath<t.Function>, Kind>;
}

const DIRECTIVES: Readonly<Record<string, Kind>> = {
  "use workflow": "workflow",
  "use step": "step",
};

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
      if (expression.type !== "StringLiteral" || !(expression.value in DIRECTIVES)) return;
      // A formatter puts parentheses around a misplaced one; on a first statement they are meant.
      const isMeant = expression.extra?.parenthesized && isFirstOfBody(path);
      if (!isMeant) reportMisplaced(context, path);
    },
  });
  return { file, functions };
}

/** Takes our directives out of a prologue: compiled code has none, so nothing is compiled twice. */
export function removeDirectives(holder: { directives?: t.Directive[] | null }): void {
  holder.directives = holder.directives?.filter(({ value }) => !(value.value in DIRECTIVES));
}

function readPrologue(context: FileContext, directives: t.Directive[]): Kind | null {
  let found: Kind | null = null;
  for (const directive of directives) {
    const text = directive.value.value;
    const kind = DIRECTIVES[text];
    if (kind && found && found !== kind) reportConflict(context, directive);
    if (!kind) reportMisspelt(context, directive);
    found ??= kind ?? null;
  }
  return found;
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
  if (!(text in DIRECTIVES)) return;
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
  const meant = Object.keys(DIRECTIVES).find((name) => isOneEditAway(text, name));
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
