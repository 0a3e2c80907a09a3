/** What the compiler found in one file; `file.metadata.everstep` of a Babel result. */
export interface FileMetadata {
  /** The module part of every id in the file: `./src/order`. */
  module: string;
  /** The file, relative to the root that ids are made from: `src/order.ts`. */
  file: string;
  workflows: WorkflowInfo[];
  steps: FunctionInfo[];
  classes: ClassInfo[];
}

export interface FunctionInfo {
  id: string;
  /** The function part of the id: `checkout`, `tools/charge`, `Mailer.send`. */
  name: string;
  line: number;
  /** As written: `order`, `{ id, amount }`, `...rest`. */
  parameters: string[];
  exported: boolean;
}

export interface WorkflowInfo extends FunctionInfo {
  /**
   * Workflow mode: the name under which the transformed file exports the function to a bundle's
   * entry; null when the file registers it itself.
   */
  exportName: string | null;
}

export interface ClassInfo {
  id: string;
  name: string;
  line: number;
}
