/** What Babel's scope does not know of TypeScript: which references are types, and what enums are. */
import type { NodePath, types as t } from "@babel/core";
import type { Binding } from "@babel/traverse";

/** Whether a reference is one of the type system only, and gone when the program runs. */
export function isInType(path: NodePath): boolean {
  for (let at: NodePath | null = path; at; at = at.parentPath) {
    if (at.isStatement()) return at.isTSInterfaceDeclaration() || at.isTSTypeAliasDeclaration();
    if (at.isTSType() || at.isTSTypeAnnotation()) return true;
    if (at.isTSTypeParameterInstantiation() || at.isTSTypeParameterDeclaration()) return true;
    if (at.isFlow() || at.listKey === "implements") return true;
  }
  return false;
}

/** Crawls the scopes again, and gives enums and namespaces the bindings that Babel leaves out. */
export function crawlScopes(program: NodePath<t.Program>): void {
  program.scope.crawl();
  bindTypeScript(program);
}

export function bindTypeScript(program: NodePath<t.Program>): void {
  const added = new Set<Binding>();
  const bind = (path: NodePath<t.TSEnumDeclaration> | NodePath<t.TSModuleDeclaration>): void => {
    const { id } = path.node;
    const { scope } = path.parentPath;
    if (id.type !== "Identifier" || scope.hasOwnBinding(id.name)) return;
    scope.registerBinding("const", path.get("id") as NodePath);
    const binding = scope.getOwnBinding(id.name);
    if (binding) added.add(binding);
  };
  program.traverse({ TSEnumDeclaration: bind, TSModuleDeclaration: bind });
  if (added.size === 0) return;
  program.traverse({
    ReferencedIdentifier(path: NodePath<t.Identifier | t.JSXIdentifier>) {
      const binding = path.scope.getBinding(path.node.name);
      if (binding && added.has(binding)) binding.reference(path);
    },
  });
}
