/** What a nested step may not do with the functions and classes around it. */
import type { NodePath, types as t } from "@babel/core";
import { type FileContext, report } from "./file-context";
import { usesOf } from "./function-uses";
import { isWrapper, unwrap } from "./unwrap";

type IsCaptured = (at: NodePath, name: string) => boolean;

export function refuseCaptures(
  context: FileContext,
  path: NodePath<t.Function>,
  isCaptured: IsCaptured,
): void {
  const refuseWrite = (at: NodePath, target: t.Node) => {
    for (const name of assignedNames(target).filter((each) => isCaptured(at, each))) {
      const message = `A step cannot assign to \`${name}\` of the function around it: captured values travel by value`;
      report(context, at.node, "CAPTURE_NOT_SUPPORTED", message);
    }
  };
  path.traverse({
    AssignmentExpression: (at) => refuseWrite(at, at.node.left),
    UpdateExpression: (at) => refuseWrite(at, at.node.argument),
    ForXStatement: (at) => refuseWrite(at, at.node.left),
    PrivateName: (at) => refusePrivateName(context, path, at),
  });
  if (path.isArrowFunctionExpression()) refuseLexical(context, path);
}

/** The variables that an assignment to `target` changes. */
export function assignedNames(target: t.Node): string[] {
  if (target.type === "Identifier") return [target.name];
  if (isWrapper(target)) return assignedNames(unwrap(target));
  if (target.type === "ArrayPattern") {
    return target.elements.flatMap((element) => (element ? assignedNames(element) : []));
  }
  if (target.type === "ObjectPattern") return target.properties.flatMap(assignedNames);
  if (target.type === "ObjectProperty") return assignedNames(target.value);
  if (target.type === "RestElement") return assignedNames(target.argument);
  return target.type === "AssignmentPattern" ? assignedNames(target.left) : [];
}

function refuseLexical(context: FileContext, path: NodePath<t.ArrowFunctionExpression>): void {
  const uses = usesOf(path);
  uses.delete("this");
  for (const use of uses) {
    const message = `A nested step cannot use the \`${use}\` of the function around it`;
    report(context, path.node, "CAPTURE_NOT_SUPPORTED", message);
  }
}

/** The step is registered outside the class, where its private names mean nothing. */
function refusePrivateName(
  context: FileContext,
  fn: NodePath<t.Function>,
  at: NodePath<t.PrivateName>,
): void {
  const { name } = at.node.id;
  const owner = at.findParent((parent) => parent.isClass() && declares(parent.node, name));
  if (owner?.findParent((parent) => parent === fn)) return;
  const message = `A nested step cannot use the private name \`#${name}\` of the class around it`;
  report(context, at.node, "CAPTURE_NOT_SUPPORTED", message);
}

function declares(node: t.Class, name: string): boolean {
  return node.body.body.some(
    (member) => "key" in member && member.key.type === "PrivateName" && member.key.id.name === name,
  );
}
