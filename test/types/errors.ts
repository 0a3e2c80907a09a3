// Checked by `npm run types`; nothing here runs.
import {
  BuildError,
  CompileError,
  ERROR_TABLE,
  EverstepError,
  type Diagnostic,
  type ErrorCode,
} from "../../lib/errors";

export function codeOf(error: unknown): ErrorCode | undefined {
  // @ts-expect-error: nothing is known of it yet
  void error.code;
  return EverstepError.is(error) ? error.code : undefined;
}

export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (!CompileError.is(error)) return [];
  // @ts-expect-error: what the compiler found stays as it is
  error.diagnostics = [];
  return error.diagnostics;
}

export function errorsOf(error: unknown): readonly EverstepError[] {
  // @ts-expect-error: only a CompileError has diagnostics
  if (BuildError.is(error)) void error.diagnostics;
  return BuildError.is(error) ? error.errors : [];
}

export function placeOf(error: unknown): string | undefined {
  return EverstepError.is(error) ? error.at : undefined;
}

export const remedy: string = ERROR_TABLE.NOT_COMPILED.remedy;
export const made = new EverstepError("NOT_COMPILED", "Why", { cause: new Error("first") });

// @ts-expect-error: no such code
export const unknownCode = new EverstepError("OUT_OF_PAPER", "Why");

// @ts-expect-error: the table is not to be changed
ERROR_TABLE.NOT_COMPILED = { remedy: "Wait." };
