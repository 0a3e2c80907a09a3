/** What the two parsers say about a file they cannot read, as one kind of error with one code. */
import type { Message, TransformFailure } from "esbuild";
import { CompileError } from "../../contract/error";
import type { Diagnostic } from "../../contract/error";
import { codeFrame } from "../frame";

interface File {
  filename: string;
  source: string;
}

/** esbuild's findings; none when the failure is of another kind. */
export function messagesOf(failure: unknown): Message[] {
  const { errors } = failure as Partial<TransformFailure>;
  return Array.isArray(errors) ? errors : [];
}

export function fromEsbuild(failure: unknown, file: File): unknown {
  const [first, ...others] = messagesOf(failure).map(({ text, location }) =>
    diagnostic(file, text, location?.line ?? 1, columnOf(location)),
  );
  return first ? new CompileError(first, others) : failure;
}

/** esbuild counts bytes of UTF-8, from 0. */
function columnOf(location: Message["location"]): number {
  if (!location) return 1;
  return Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1;
}

/** Babel's message begins with the file, and ends with the place and a frame. */
export function fromBabel(failure: unknown, file: File): unknown {
  if (!isBabelSyntaxError(failure)) return failure;
  const [firstLine = ""] = failure.message.split("\n");
  const reason = firstLine.replace(`${file.filename}: `, "").replace(/ \(\d+:\d+\)$/, "");
  return new CompileError(diagnostic(file, reason, failure.loc.line, failure.loc.column + 1));
}

export function isBabelSyntaxError(
  failure: unknown,
): failure is Error & { loc: { line: number; column: number } } {
  return failure instanceof SyntaxError && "loc" in failure && "reasonCode" in failure;
}

function diagnostic(file: File, reason: string, line: number, column: number): Diagnostic {
  const { filename, source } = file;
  const message = `${filename}: ${reason}`;
  const frame = codeFrame(source, line, column);
  return { code: "SYNTAX_INVALID", message, file: filename, line, column, frame };
}
