/**
 * Host output never drops an import that the source used as a value: if only removed workflow bodies
 * used it, it stays for its side effects. Whether type-only imports stay is the business of the
 * TypeScript preset, which would otherwise drop these as unused, too.
 */
import type { NodePath, types as t } from "@babel/core";
import { isInType } from "./type-scope";
import type { FileContext } from "./file-context";

export class KeptImports {
  /** The names in use as values before the bodies were removed. */
  #usedBefore: Set<string>;

  constructor(readonly context: FileContext) {
    this.#usedBefore = usedImports(context);
  }

  /** To be called when the program's scope has been crawled again. True when something changed. */
  restore(): boolean {
    const usedNow = usedImports(this.context);
    if ([...this.#usedBefore].every((name) => usedNow.has(name))) return false;
    const isDead = (name: string) => this.#usedBefore.has(name) && !usedNow.has(name);
    for (const path of this.context.program.get("body")) {
      if (path.isImportDeclaration()) this.#restoreImport(path, isDead);
      if (path.isTSImportEqualsDeclaration() && isDead(path.node.id.name)) restoreRequire(path);
    }
    return true;
  }

  #restoreImport(path: NodePath<t.ImportDeclaration>, isDead: (name: string) => boolean): void {
    const { program, t } = this.context;
    const { node } = path;
    if (!node.specifiers.some(({ local }) => isDead(local.name))) return;
    const kept = node.specifiers.filter(({ local }) => {
      // A name that is still used as a type is left to the TypeScript preset.
      return !isDead(local.name) || program.scope.getBinding(local.name)?.referenced;
    });
    const bare = t.cloneNode(node, true);
    bare.specifiers = [];
    if (kept.length === 0) {
      node.specifiers = [];
      return;
    }
    node.specifiers = kept;
    if (kept.every(({ local }) => isDead(local.name) || this.#isType(local.name))) {
      const siblings = path.container as t.Statement[];
      siblings.splice(siblings.indexOf(node) + 1, 0, bare);
    }
  }

  #isType(name: string): boolean {
    return !this.#usedBefore.has(name);
  }
}

function restoreRequire(path: NodePath<t.TSImportEqualsDeclaration>): void {
  const { moduleReference } = path.node;
  if (moduleReference.type !== "TSExternalModuleReference") return;
  const siblings = path.container as t.Statement[];
  siblings[siblings.indexOf(path.node)] = {
    type: "ExpressionStatement",
    expression: {
      type: "CallExpression",
      callee: { type: "Identifier", name: "require" },
      arguments: [moduleReference.expression],
    },
  } as t.ExpressionStatement;
}

function usedImports({ program }: FileContext): Set<string> {
  const used = new Set<string>();
  for (const [name, binding] of Object.entries(program.scope.bindings)) {
    const isImport = binding.kind === "module" || binding.path.isTSImportEqualsDeclaration();
    if (isImport && binding.referencePaths.some((path) => !isInType(path))) used.add(name);
  }
  return used;
}
