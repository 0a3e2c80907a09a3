/**
 * Finds where a piece of JavaScript needs loop guards, and says so as edits of its text.
 *
 * A guard counts one pass. Code that runs for ever passes a loop head or a function entry for ever,
 * so a guard stands at each of them, and nowhere else:
 *
 * - G1 Every loop body begins with a guard; a body that is no block becomes one.
 * - G2 Every function body begins with a guard, behind its directives. The expression body of an
 *   arrow becomes `(guard, expression)`.
 * - G3 A class with fields and no constructor has the guard in its first field. A static block needs
 *   none: it runs once for each pass through the code around it.
 * - G4 No edit adds or removes a line break, so only columns move.
 * - G5 `__name(f, "f")`, by which esbuild keeps the names of functions that it had to rename, is taken
 *   out again where the name is the one that the code gives anyway: it costs a call per closure.
 */
import { parse } from "@babel/parser";

export type EditKind =
  | "guard"
  | "guard-after-directives"
  | "open-block"
  | "close-block"
  | "open-expression"
  | "close-expression"
  | "remove";

/** Replaces `start..end`, which is empty except for `remove`. In text order, none overlap. */
export interface Edit {
  start: number;
  end: number;
  kind: EditKind;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

interface Walk {
  code: string;
  edits: Edit[];
  removesNaming: boolean;
}

export interface GuardOptions {
  strict: boolean;
  /** Whether `__name` in this code is esbuild's, and may go where it changes nothing (G5). */
  removesNaming: boolean;
}

/** Throws the parser's SyntaxError when the code is none. */
export function findGuardEdits(code: string, options: GuardOptions): Edit[] {
  const ast = parse(code, {
    sourceType: "script",
    strictMode: options.strict,
    attachComment: false,
    allowReturnOutsideFunction: true,
    allowNewTargetOutsideFunction: true,
    errorRecovery: false,
  });
  const walk: Walk = { edits: [], code, removesNaming: options.removesNaming };
  visit(ast.program as unknown as Node, walk);
  return inTextOrder(walk.edits);
}

function visit(node: Node, walk: Walk): void {
  if (visitSpecial(node, walk)) return;
  for (const key in node) {
    const value = node[key];
    if (typeof value !== "object" || value === null || key === "loc") continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item, walk);
    } else if (isNode(value)) {
      visit(value, walk);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof (value as Node | null)?.type === "string";
}

/** True when the node concerned this file and has been visited with all its parts. */
function visitSpecial(node: Node, walk: Walk): boolean {
  switch (node.type) {
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      return visitLoop(node, walk);
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ObjectMethod":
    case "ClassMethod":
    case "ClassPrivateMethod":
    case "ArrowFunctionExpression":
      return visitFunction(node, walk);
    case "ClassBody":
      return visitClassBody(node, walk);
    case "Identifier":
    case "StringLiteral":
    case "NumericLiteral":
    case "ThisExpression":
      return true;
    case "ExpressionStatement":
      return removeNaming(node, walk);
    case "VariableDeclarator":
      return visitNamed(node, "id", "init", walk);
    case "AssignmentExpression":
      return visitNamed(node, "left", "right", walk);
    default:
      return false;
  }
}

// The parts are visited here, not by `visit`, since the edits of a body must come between them.
function visitLoop(node: Node, walk: Walk): boolean {
  const body = node["body"] as Node;
  const isDo = node.type === "DoWhileStatement";
  if (!isDo)
    for (const part of ["init", "left", "test", "right", "update"]) visitPart(node, part, walk);
  if (body.type === "BlockStatement") {
    insert(walk, body.start + 1, "guard");
    visit(body, walk);
  } else {
    insert(walk, body.start, "open-block");
    visit(body, walk);
    insert(walk, body.end, "close-block");
  }
  if (isDo) visitPart(node, "test", walk);
  return true;
}

function visitFunction(node: Node, walk: Walk): boolean {
  for (const part of ["decorators", "key"]) visitPart(node, part, walk);
  for (const parameter of node["params"] as Node[]) visit(parameter, walk);
  const body = node["body"] as Node;
  if (body.type === "BlockStatement") {
    guardBlock(body, walk);
    visit(body, walk);
  } else {
    insert(walk, body.start, "open-expression");
    visit(body, walk);
    insert(walk, body.end, "close-expression");
  }
  return true;
}

function guardBlock(body: Node, walk: Walk): void {
  const directives = body["directives"] as Node[];
  const last = directives.at(-1);
  if (last) insert(walk, last.end, "guard-after-directives");
  else insert(walk, body.start + 1, "guard");
}

function visitClassBody(node: Node, walk: Walk): boolean {
  const members = node["body"] as Node[];
  const hasConstructor = members.some((member) => member["kind"] === "constructor");
  const guarded = hasConstructor ? undefined : members.find(isPlainField);
  for (const member of members) {
    if (member === guarded) visitGuardedField(member, walk);
    else visit(member, walk);
  }
  return true;
}

/** An instance field whose value runs something, and does not take its name from the field. */
function isPlainField(member: Node): boolean {
  const isField = member.type === "ClassProperty" || member.type === "ClassPrivateProperty";
  const value = member["value"];
  return isField && member["static"] !== true && isNode(value) && !isAnonymous(value);
}

function visitGuardedField(field: Node, walk: Walk): void {
  visitPart(field, "key", walk);
  const value = field["value"] as Node;
  insert(walk, value.start, "open-expression");
  visit(value, walk);
  insert(walk, value.end, "close-expression");
}

/** `__name(f, "f");` */
function removeNaming(node: Node, walk: Walk): boolean {
  const named = namingCall(node["expression"], walk);
  if (!named || named.target.type !== "Identifier" || named.target["name"] !== named.name) {
    return false;
  }
  walk.edits.push({ start: node.start, end: node.end, kind: "remove" });
  return true;
}

/** `f = __name(() => …, "f")`: without the call the function has that name from its place. */
function visitNamed(node: Node, place: string, part: string, walk: Walk): boolean {
  const id = node[place];
  const value = node[part];
  const named = namingCall(value, walk);
  if (!named || !isNode(id) || id["name"] !== named.name || !isAnonymous(named.target)) {
    return false;
  }
  const call = value as Node;
  walk.edits.push({ start: call.start, end: named.target.start, kind: "remove" });
  visit(named.target, walk);
  walk.edits.push({ start: named.target.end, end: call.end, kind: "remove" });
  return true;
}

function namingCall(value: unknown, walk: Walk): { target: Node; name: string } | undefined {
  if (!walk.removesNaming || !isNode(value) || value.type !== "CallExpression") return undefined;
  const callee = value["callee"] as Node;
  const [target, name] = value["arguments"] as Node[];
  if (callee["name"] !== "__name" || !target || name?.type !== "StringLiteral") return undefined;
  return { target, name: name["value"] as string };
}

function isAnonymous(value: Node): boolean {
  switch (value.type) {
    case "ArrowFunctionExpression":
      return true;
    case "FunctionExpression":
    case "ClassExpression":
      return value["id"] === null || value["id"] === undefined;
    default:
      return false;
  }
}

function visitPart(node: Node, part: string, walk: Walk): void {
  const value = node[part];
  if (Array.isArray(value)) for (const item of value) visit(item as Node, walk);
  else if (isNode(value)) visit(value, walk);
}

function insert(walk: Walk, at: number, kind: EditKind): void {
  walk.edits.push({ start: at, end: at, kind });
}

/** Parts of a node are visited as they stand in the text, but for a few rare forms. */
function inTextOrder(edits: Edit[]): Edit[] {
  const isOrdered = edits.every(
    (edit, index) => index === 0 || edits[index - 1]!.start <= edit.start,
  );
  return isOrdered ? edits : edits.sort((a, b) => a.start - b.start);
}
