/** The module from which one workflow is bundled: it fetches the function and registers it. */
import type { WorkflowInfo } from "../../babel-plugin/metadata";
import { relativeFile, type Project } from "./project";

export interface WorkflowSource {
  /** Real path. */
  file: string;
  workflow: WorkflowInfo;
}

export function entryModule(project: Project, { file, workflow }: WorkflowSource): string {
  const relative = relativeFile(project, file);
  const specifier = JSON.stringify(relative.startsWith("../") ? relative : `./${relative}`);
  const { exportName, id } = workflow;
  if (exportName === null) return `import ${specifier};\n`;
  const register = `globalThis[Symbol.for("everstep.sandbox")].workflow`;
  return `import { ${JSON.stringify(exportName)} as found } from ${specifier};
${register}(${JSON.stringify(id)}, found);
`;
}
