/** Turns whatever a compiler threw over one file into errors that name the place. */
import { CompileError, EverstepError, type Diagnostic } from "../contract/error";
import { codeFrame } from "./frame";

export interface Finding {
  file: string;
  line: number;
  column: number;
  frame: string;
}

export function compileErrors(error: unknown, file: string, text: string): EverstepError[] {
  if (CompileError.is(error)) {
    return error.diagnostics.map((found) => fromDiagnostic(found, file));
  }
  // Babel puts the file's absolute path before the message of whatever a plugin throws.
  if (EverstepError.is(error)) {
    const message = error.message.slice(error.message.indexOf(": ") + 2);
    return [Object.defineProperty(error, "message", { value: message })];
  }
  const place = syntaxErrorPlace(error);
  if (!place) throw error;
  const frame = codeFrame(text, place.line, place.column);
  return [located("SYNTAX_INVALID", place.message, { file, ...place, frame }, error)];
}

function fromDiagnostic({ code, message, line, column, frame }: Diagnostic, file: string) {
  return located(code, message, { file, line, column, frame });
}

export function located(
  code: EverstepError["code"],
  message: string,
  { file, line, column, frame }: Finding,
  cause?: unknown,
): EverstepError {
  const at = `${file}:${line}:${column}`;
  const details = cause === undefined ? { at } : { at, cause };
  return new EverstepError(code, `${message}\n\n${at}\n${frame}`, details);
}

/** Babel's own errors carry the place; their text begins with the file and ends with a frame. */
function syntaxErrorPlace(error: unknown) {
  const { loc, message } = (error ?? {}) as {
    loc?: { line: number; column: number };
    message?: string;
  };
  if (!loc || message === undefined) return undefined;
  const reason = message
    .split("\n")[0]!
    .replace(/^.*?: /, "")
    .replace(/ \(\d+:\d+\)$/, "");
  return { line: loc.line, column: loc.column + 1, message: reason };
}
