/** What the check of imports wants to know of one source file, read from its syntax tree. */
import { readFileSync } from "node:fs";
import { parse } from "@babel/parser";

export interface ImportUse {
  specifier: string;
  line: number;
}

export interface SourceFacts {
  imports: ImportUse[];
  /** Whether it consists of re-exports. */
  isDoor: boolean;
  /** Uses of what gives another answer each time: clock, chance, timers, the process. */
  impure: { name: string; line: number }[];
}

interface Node {
  type: string;
  loc?: { start: { line: number } };
  [field: string]: unknown;
}

const IMPURE_GLOBALS = new Set([
  ...["process", "performance", "setTimeout", "setInterval", "setImmediate"],
  ...["queueMicrotask", "clearTimeout", "clearInterval", "clearImmediate"],
]);
const IMPURE_MEMBERS = new Set(["Date.now", "Math.random"]);
const GLOBAL_OBJECTS = new Set(["globalThis", "global"]);

export function readSource(file: string): SourceFacts {
  const plugins = ["typescript" as const, ...(file.endsWith("x") ? ["jsx" as const] : [])];
  const { program } = parse(readFileSync(file, "utf8"), { sourceType: "module", plugins });
  const body = program.body as unknown as Node[];
  const facts: SourceFacts = { imports: [], isDoor: body.every(isReExport), impure: [] };
  walk(program as unknown as Node, (node) => {
    const line = node.loc?.start.line ?? 1;
    const specifier = importedBy(node);
    if (specifier !== null) facts.imports.push({ specifier, line });
    const name = impureName(node);
    if (name !== null) facts.impure.push({ name, line });
  });
  return facts;
}

function isReExport({ type, source }: Node): boolean {
  return type === "ExportAllDeclaration" || (type === "ExportNamedDeclaration" && source !== null);
}

function importedBy(node: Node): string | null {
  if (/^(?:Import|ExportNamed|ExportAll)Declaration$/.test(node.type)) return text(node.source);
  if (node.type === "TSExternalModuleReference") return text(node.expression);
  if (node.type === "TSImportType") return text(node.argument);
  if (node.type === "ImportExpression") return text(node.source);
  if (node.type !== "CallExpression") return null;
  const callee = node.callee as Node;
  const isRequire =
    callee.type === "Import" ||
    nameOf(callee) === "require" ||
    memberText(callee) === "require.resolve";
  return isRequire ? text((node.arguments as Node[])[0]) : null;
}

function impureName(node: Node): string | null {
  const name = nameOf(node);
  if (name !== null) return IMPURE_GLOBALS.has(name) ? name : null;
  if (node.type === "NewExpression" && nameOf(node.callee) === "Date") {
    return (node.arguments as Node[]).length === 0 ? "new Date()" : null;
  }
  const member = memberText(node);
  if (member === null) return null;
  const [object = "", property = ""] = member.split(".");
  const isGlobal = GLOBAL_OBJECTS.has(object) && IMPURE_GLOBALS.has(property);
  return isGlobal || IMPURE_MEMBERS.has(member) ? member : null;
}

/** Visits every node but the names of members and keys, which are no references. */
function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const [field, value] of Object.entries(node)) {
    const isName = (field === "property" || field === "key") && node.computed !== true;
    if (isName || field === "loc" || typeof value !== "object" || value === null) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function nameOf(node: unknown): string | null {
  return isNode(node) && node.type === "Identifier" ? String(node.name) : null;
}

/** `Date.now`, also written `Date["now"]`. */
function memberText(node: Node): string | null {
  if (!/^(?:Optional)?MemberExpression$/.test(node.type)) return null;
  const object = nameOf(node.object);
  const property = node.computed === true ? text(node.property) : nameOf(node.property);
  return object === null || property === null ? null : `${object}.${property}`;
}

function text(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === "TSLiteralType") return text(node.literal);
  return node.type === "StringLiteral" ? String(node.value) : null;
}
