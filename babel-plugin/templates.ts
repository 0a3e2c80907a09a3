/** The statements that modes emit as they are, parsed once for all files. */
import type { template as Template, types as t } from "@babel/core";

type Fill<K extends string> = (values: Record<K, t.Node>) => t.Statement;

export interface Templates {
  /** The body of a workflow on the host. */
  throwCalledDirectly: Fill<"text">;
  /** The function at the end of host output that registers what the file holds. */
  register: Fill<"helper">;
  registerAllBut: Fill<"helper" | "kind">;
  /** The first statement of workflow output. */
  sandbox: Fill<"name">;
}

export function createTemplates(template: typeof Template): Templates {
  const push = `(globalThis[Symbol.for("everstep.registry")] ??= []).push({ kind, id, fn, at });`;
  const mark = `return Object.defineProperty(fn, kind + "Id", { value: id, configurable: true });`;
  const helper = (register: string) =>
    `function %%helper%%(kind, id, fn, at) { ${register} ${mark} }`;
  return {
    throwCalledDirectly: template.statement(
      `throw Object.assign(new Error(%%text%%), { code: "WORKFLOW_CALLED_DIRECTLY" });`,
    ),
    register: template.statement(helper(push)),
    registerAllBut: template.statement(helper(`if (kind !== %%kind%%) ${push}`)),
    sandbox: template.statement(`const %%name%% = globalThis[Symbol.for("everstep.sandbox")];`),
  };
}
