/** What goes into compiling one file, what comes out, and how the map is written behind the code. */
import type { SourceMap } from "../../../babel-plugin/transform";
import type { ModuleFormat, SourceKind } from "./source-kind";
import type { CompilerSettings } from "./tsconfig";

export interface EmitInput {
  filename: string;
  source: string;
  /** Null for JavaScript. */
  kind: SourceKind | null;
  /** `either`: CommonJS unless the file can only be a module. Null: whatever Node takes it for. */
  format: ModuleFormat | "either" | null;
  settings: CompilerSettings;
}

/** Code and the map from it to the file the user wrote. */
export interface Emitted {
  code: string;
  map: SourceMap | null;
  format: ModuleFormat | null;
}

export function appendMap(code: string, map: SourceMap): string {
  const data = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${data}\n`;
}
