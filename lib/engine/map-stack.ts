/** Rewrites the frames of a stack that stand in a bundle so that they name the user's files. */
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { SourcePosition } from "../contract/bundle";

/** Answers for a place in the bundle, line and column counted from 0; null where no user code is. */
export interface PositionSource {
  find(line: number, column: number): SourcePosition | null;
}

/** The positions of a bundle whose source map was stored. */
export function readBundleMap(map: string): PositionSource {
  const trace = new TraceMap(map);
  return {
    find(line, column) {
      const found = originalPositionFor(trace, { line: line + 1, column });
      if (found.source === null) return null;
      return { file: found.source, line: found.line, column: found.column + 1 };
    },
  };
}

/**
 * `bundleFile` is the file name under which the bundle's script was compiled. Frames of the bundle
 * that belong to no user code (its guards, esbuild's wrappers) are left out; others stay.
 */
export function mapStack(stack: string, bundleFile: string, positions: PositionSource): string {
  const lines = stack.split("\n").map((line) => mapLine(line, bundleFile, positions));
  return lines.filter((line) => line !== null).join("\n");
}

function mapLine(line: string, bundleFile: string, positions: PositionSource): string | null {
  const at = line.indexOf(`${bundleFile}:`);
  if (at < 0 || !/^\s*at /.test(line)) return line;
  const place = /^:(\d+):(\d+)/.exec(line.slice(at + bundleFile.length));
  if (!place) return line;
  const found = positions.find(Number(place[1]) - 1, Number(place[2]) - 1);
  if (!found) return null;
  const rest = line.slice(at + bundleFile.length + place[0].length);
  return `${line.slice(0, at)}${found.file}:${found.line}:${found.column}${rest}`;
}
