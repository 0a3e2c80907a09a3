/**
 * Leads from a place in a bundle back to the user's file, through the guards that were put in and
 * through esbuild's source map. Lines and columns count from 0 inside this file.
 */
import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { SourcePosition } from "../contract/bundle";
import { columnShift, offsetBefore, type PlacedText } from "./guarded-code";

export interface MappedOutput {
  /** Where in the bundle it begins, and how many lines it has. */
  firstLine: number;
  lines: number;
  /** Without guards, as its map knows it. The map is asked for only when it is needed. */
  output: { readonly code: string; readonly map: string };
  edits: PlacedText[];
}

interface RawMap {
  sources: string[];
  names: string[];
  mappings: string;
}

/** One output, with what is worked out about it when somebody asks. */
class OutputMap {
  private starts: number[] | undefined;
  private trace: TraceMap | undefined;

  constructor(readonly mapped: MappedOutput) {}

  find(line: number, column: number): SourcePosition | null {
    const { edits, output } = this.mapped;
    const start = this.lineStarts()[line] ?? 0;
    this.trace ??= new TraceMap(output.map);
    const before = offsetBefore(edits, start, column) - start;
    const found = originalPositionFor(this.trace, { line: line + 1, column: before });
    if (found.source === null || isVirtual(found.source)) return null;
    return { file: found.source, line: found.line, column: found.column + 1 };
  }

  /** The lines of its mappings, with sources and names numbered as in the whole map. */
  shiftedLines(sources: Numbering, names: Numbering): SourceMapSegment[][] {
    const raw = JSON.parse(this.mapped.output.map) as RawMap;
    const sourceOf = raw.sources.map((source) => (isVirtual(source) ? null : sources.of(source)));
    const nameOf = raw.names.map((name) => names.of(name));
    const lines = decode(raw.mappings) as SourceMapSegment[][];
    return lines.map((segments, line) =>
      segments.map((segment) => {
        const column = this.shiftedColumn(line, segment[0]);
        if (segment.length === 1) return [column];
        const source = sourceOf[segment[1]]!;
        if (source === null) return [column];
        if (segment.length === 4) return [column, source, segment[2], segment[3]];
        return [column, source, segment[2], segment[3], nameOf[segment[4]]!];
      }),
    );
  }

  private shiftedColumn(line: number, column: number): number {
    const start = this.lineStarts()[line] ?? 0;
    return column + columnShift(this.mapped.edits, start, start + column);
  }

  private lineStarts(): number[] {
    if (this.starts) return this.starts;
    this.starts = [0];
    const { code } = this.mapped.output;
    for (let at = code.indexOf("\n"); at >= 0; at = code.indexOf("\n", at + 1)) {
      this.starts.push(at + 1);
    }
    return this.starts;
  }
}

/** Modules that the build made up itself. */
function isVirtual(source: string): boolean {
  return source.startsWith("everstep-");
}

class Numbering {
  readonly all: string[] = [];
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}

export class BundleMap {
  private readonly outputs: OutputMap[];
  private text: string | undefined;

  constructor(outputs: MappedOutput[]) {
    this.outputs = outputs.map((output) => new OutputMap(output));
  }

  find(line: number, column: number): SourcePosition | null {
    const found = this.outputs.find(
      ({ mapped }) => line >= mapped.firstLine && line < mapped.firstLine + mapped.lines,
    );
    return found?.find(line - found.mapped.firstLine, column) ?? null;
  }

  /** One source map for the whole bundle. */
  toJSON(): string {
    return (this.text ??= JSON.stringify(this.merge()));
  }

  private merge() {
    const sources = new Numbering();
    const names = new Numbering();
    const lines: SourceMapSegment[][] = [];
    for (const map of this.outputs) {
      while (lines.length < map.mapped.firstLine) lines.push([]);
      for (const line of map.shiftedLines(sources, names)) lines.push(line);
    }
    const mappings = encode(lines);
    return { version: 3, sources: sources.all, names: names.all, mappings };
  }
}
