/** What a file exports, and the rule of files that start with a directive: only async functions. */
import type { NodePath, types as t } from "@babel/core";
import { type FileContext, report } from "./file-context";
import { directiveOf, type Kind } from "./find-directives";
import { unwrapPath } from "./unwrap";

type FunctionPath = NodePath<t.Function>;

/** The local names that a file exports under any name. */
export function exportedNames(program: NodePath<t.Program>): Set<string> {
  const names = new Set<string>();
  for (const path of program.get("body")) {
    if (path.isExportNamedDeclaration() && !path.node.source) {
      for (const name of Object.keys(path.getOuterBindingIdentifiers())) names.add(name);
      for (const specifier of path.node.specifiers) {
        if (specifier.type === "ExportSpecifier") names.add(specifier.local.name);
      }
    } else if (path.isExportDefaultDeclaration()) {
      const { declaration } = path.node;
      if (declaration.type === "Identifier") names.add(declaration.name);
    }
  }
  return names;
}

/** The functions that the directive at the top of a file marks; reports every other export. */
export function exportedFunctions(context: FileContext, kind: Kind): FunctionPath[] {
  const found = context.diagnostics.length;
  const functions = valuesOf(context, kind);
  const isEmpty = functions.length === 0 && context.diagnostics.length === found;
  const [first] = context.program.node.body.filter((node) => !hasNoValue(node));
  if (isEmpty && first) {
    const message = `The "${directiveOf(kind)}" directive at the top of the file marks nothing: it exports no function`;
    report(context, first, "EXPORT_NOT_ASYNC_FUNCTION", message);
  }
  return functions;
}

function hasNoValue(node: t.Statement): boolean {
  return (
    isTypeOnly(node) ||
    node.type === "ImportDeclaration" ||
    node.type === "ExportAllDeclaration" ||
    node.type === "ExportNamedDeclaration"
  );
}

function valuesOf(context: FileContext, kind: Kind): FunctionPath[] {
  return context.program.get("body").flatMap((path) => {
    const values = exportedValues(path);
    return values.flatMap(({ value, node }) => {
      const fn = value && asyncFunction(value);
      if (fn) return [fn];
      const message = `Only async functions can be exported from a "${directiveOf(kind)}" file`;
      report(context, node, "EXPORT_NOT_ASYNC_FUNCTION", message);
      return [];
    });
  });
}

interface ExportedValue {
  /** Null for what stands in another file. */
  value: NodePath | null;
  node: t.Node;
}

function exportedValues(path: NodePath<t.Statement>): ExportedValue[] {
  if (path.isExportAllDeclaration()) {
    return path.node.exportKind === "type" ? [] : [{ value: null, node: path.node }];
  }
  if (path.isExportDefaultDeclaration()) {
    const declaration = path.get("declaration");
    return isTypeOnly(declaration.node) ? [] : [{ value: resolve(declaration), node: path.node }];
  }
  if (path.isExportNamedDeclaration()) return namedExports(path);
  if (path.isExpressionStatement()) return commonJsExports(path);
  return path.isTSExportAssignment()
    ? [{ value: resolve(path.get("expression")), node: path.node }]
    : [];
}

function namedExports(path: NodePath<t.ExportNamedDeclaration>): ExportedValue[] {
  if (path.node.exportKind === "type") return [];
  const declaration = path.get("declaration");
  if (declaration.isVariableDeclaration()) {
    if (declaration.node.declare) return [];
    return declaration
      .get("declarations")
      .map((each) => ({ value: valueOf(each), node: each.node }));
  }
  if (declaration.node) {
    return isTypeOnly(declaration.node)
      ? []
      : [{ value: declaration as NodePath, node: path.node }];
  }
  return path.get("specifiers").flatMap(exportedSpecifier);
}

function exportedSpecifier(specifier: NodePath): ExportedValue[] {
  const { node } = specifier;
  const elsewhere = (specifier.parent as t.ExportNamedDeclaration).source;
  if (!specifier.isExportSpecifier() || elsewhere) {
    const isType = specifier.isExportSpecifier() && specifier.node.exportKind === "type";
    return isType ? [] : [{ value: null, node }];
  }
  const local = specifier.get("local");
  const isType = specifier.node.exportKind === "type" || isTypeName(local);
  return isType ? [] : [{ value: resolve(local), node }];
}

/** A name without a binding, or imported as a type, is that of a type. */
function isTypeName(local: NodePath<t.Identifier>): boolean {
  const binding = local.scope.getBinding(local.node.name);
  if (!binding) return true;
  const { node, parent } = binding.path;
  const isTypeImport = parent.type === "ImportDeclaration" && parent.importKind === "type";
  return isTypeImport || (node.type === "ImportSpecifier" && node.importKind === "type");
}

function commonJsExports(path: NodePath<t.ExpressionStatement>): ExportedValue[] {
  const expression = path.get("expression");
  if (!expression.isAssignmentExpression()) return [];
  const target = expression.get("left").toString();
  return /^(?:module\.)?exports\b/.test(target)
    ? [{ value: resolve(expression.get("right")), node: path.node }]
    : [];
}

/** The function or value that an exported name stands for. */
function resolve(path: NodePath): NodePath | null {
  if (!path.isIdentifier()) return path;
  const binding = path.scope.getBinding(path.node.name);
  if (!binding) return null;
  return binding.path.isVariableDeclarator() ? valueOf(binding.path) : binding.path;
}

function valueOf(path: NodePath<t.VariableDeclarator>): NodePath | null {
  const init = path.get("init") as NodePath;
  return init.node ? unwrapPath(init) : null;
}

function asyncFunction(path: NodePath): FunctionPath | null {
  const isFunction =
    path.isFunctionDeclaration() || path.isFunctionExpression() || path.isArrowFunctionExpression();
  return isFunction && path.node.async && !path.node.generator ? (path as FunctionPath) : null;
}

function isTypeOnly(node: t.Node): boolean {
  const types = ["TSInterfaceDeclaration", "TSTypeAliasDeclaration", "TSDeclareFunction"];
  return types.includes(node.type) || ("declare" in node && node.declare === true);
}
