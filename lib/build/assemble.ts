/** Joins the guarded outputs of all workflows into the one script that contract/bundle.ts describes. */
import { createHash } from "node:crypto";
import { BUNDLE_FORMAT, type Bundle } from "../contract/bundle";
import { PRELUDE_NUMBER } from "../contract/prelude";
import { BundleMap, type MappedOutput } from "./bundle-map";
import type { GuardedOutput } from "./guard-cache";
import type { GuardNames } from "./guarded-code";
import type { GraphOutput } from "./workflow-batch";

export interface WorkflowOutput {
  output: GraphOutput;
  guarded: GuardedOutput;
}

export interface AssembledBundle extends Bundle {
  positions: BundleMap;
}

/** The outputs in the order of their ids. */
export function assembleBundle(outputs: WorkflowOutput[], names: GuardNames): AssembledBundle {
  const pieces = [header(names)];
  const mapped: MappedOutput[] = [];
  let line = countLines(pieces[0]!);
  for (const { output, guarded } of outputs) {
    const { id, code } = output;
    const lines = countLines(code);
    const opening = `${JSON.stringify(id)}() {${guarded.strict ? ' "use strict";' : ""}\n`;
    mapped.push({ firstLine: line + 1, lines, output, edits: guarded.edits });
    pieces.push(opening, guarded.code, "},\n");
    line += lines + 2;
  }
  pieces.push("} };\n})()\n");
  return finished(pieces.join(""), new BundleMap(mapped));
}

function finished(code: string, positions: BundleMap): AssembledBundle {
  return {
    code,
    hash: createHash("sha256").update(code).digest("hex"),
    prelude: PRELUDE_NUMBER,
    positions,
    // Seldom needed in development, and slower to make than the rest of a rebuild.
    get map() {
      return positions.toJSON();
    },
  };
}

function header({ left, tick }: GuardNames): string {
  return `// everstep bundle, format ${BUNDLE_FORMAT}, prelude ${PRELUDE_NUMBER}
(() => {
var ${left} = 0;
var ${tick} = ((prelude) => () => prelude.tick())(globalThis[Symbol.for("everstep.sandbox")]);
return { format: ${BUNDLE_FORMAT}, prelude: ${PRELUDE_NUMBER}, workflows: { __proto__: null,
`;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
