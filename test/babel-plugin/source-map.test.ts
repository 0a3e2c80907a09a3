import type { SourceMapInput } from "@jridgewell/trace-mapping";
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { transformSource } from "../../babel-plugin/transform";
import { CompileError } from "../../lib/contract/error";
import { fixturePath, MODES } from "./compile";

test("every kept line of every fixture maps to the line it came from", () => {
  const folder = path.join(__dirname, "fixtures");
  let checked = 0;
  for (const name of readdirSync(folder)) {
    const input = readdirSync(path.join(folder, name)).find((file) => file.startsWith("input."));
    const source = readFileSync(path.join(folder, name, input ?? ""), "utf8");
    for (const mode of MODES) checked += checkLines(source, input ?? "", mode);
  }
  expect(checked).toBeGreaterThan(1500);
});

/** A line that stands once in the source and once in the output must be mapped to itself. */
function checkLines(source: string, input: string, mode: (typeof MODES)[number]): number {
  const output = attempt(source, input, mode);
  if (!output) return 0;
  const map = new TraceMap(output.map as SourceMapInput);
  const before = source.split("\n").map((line) => line.trim());
  const after = output.code.split("\n").map((line) => line.trim());
  let checked = 0;
  for (const [index, line] of after.entries()) {
    if (!/\w{3}/.test(line) || /^(\/\/|\/\*|\*)/.test(line)) continue;
    if (count(before, line) !== 1 || count(after, line) !== 1) continue;
    // Babel maps a decorated class to its first decorator.
    if (before[before.indexOf(line) - 1]?.startsWith("@")) continue;
    const column = (output.code.split("\n")[index] ?? "").search(/\w/);
    const original = originalPositionFor(map, { line: index + 1, column });
    expect({ input, mode, line, at: original.line }).toEqual({
      input,
      mode,
      line,
      at: before.indexOf(line) + 1,
    });
    checked++;
  }
  return checked;
}

function attempt(code: string, input: string, mode: (typeof MODES)[number]) {
  try {
    return transformSource({ code, filename: fixturePath(input), mode });
  } catch (error) {
    if (CompileError.is(error)) return null;
    throw error;
  }
}

function count(lines: string[], line: string): number {
  return lines.filter((each) => each === line).length;
}
