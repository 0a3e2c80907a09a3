import type { NodePath, types as Types } from "@babel/core";
import type { Diagnostic, ErrorCode } from "../lib/contract/error";
import type { ModuleName } from "./module-name";
import type { Mode } from "./options";
import type { Templates } from "./templates";

export type T = typeof Types;

/** What the passes use of Babel's own file object. */
export interface SourceFile {
  /** Empty when Babel was given a tree instead of a text. */
  code: string | null | undefined;
  metadata: object;
  opts: { filename?: string | null };
  buildCodeFrameError(node: Types.Node, message: string): Error;
}

/** What every pass over one file shares. */
export interface FileContext {
  t: T;
  templates: Templates;
  mode: Mode;
  file: SourceFile;
  program: NodePath<Types.Program>;
  moduleName: ModuleName;
  diagnostics: Diagnostic[];
}

/** Notes a finding; the file is refused when all passes that look for some have run. */
export function report(
  context: FileContext,
  node: Types.Node,
  code: ErrorCode,
  message: string,
): void {
  const start = node.loc?.start ?? { line: 1, column: 0 };
  const frame = context.file.buildCodeFrameError(node, "").message.replace(/^\n+/, "");
  context.diagnostics.push({
    code,
    message,
    file: context.file.opts.filename ?? context.moduleName.file,
    line: start.line,
    column: start.column + 1,
    frame,
  });
}
