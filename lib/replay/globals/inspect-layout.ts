/** Where the lines of an inspected value break: short things on one line, long ones below each other. */
import { hasNewline, indent } from "./inspect-text";
import { append } from "./intrinsics";

const WIDTH = 80;
/** Levels of nesting that may share a line. */
const LEVELS_ON_A_LINE = 3;
/** Longer lists are written in rows. */
const LONGEST_COLUMN = 6;

export interface Shape {
  /** What stands before the brackets: a class, or an error. */
  prefix: string;
  isList: boolean;
  /** How far the value stands to the right already. */
  indentation: number;
  /** Levels of objects inside. */
  levels: number;
}

export function layOut(entries: string[], shape: Shape): string {
  const open = shape.isList ? "[" : "{";
  const close = shape.isList ? "]" : "}";
  const prefix = shape.prefix === "" ? "" : `${shape.prefix} `;
  if (entries.length === 0) return `${prefix}${open}${close}`;
  if (fitsOnLine(entries, shape)) return `${prefix}${open} ${joined(entries, ", ")} ${close}`;
  const isLong = shape.isList && entries.length > LONGEST_COLUMN;
  const lines = isLong ? inRows(entries) : entries;
  return `${prefix}${open}\n  ${joined(indented(lines), ",\n  ")}\n${close}`;
}

function fitsOnLine(entries: string[], shape: Shape): boolean {
  if (shape.levels >= LEVELS_ON_A_LINE || hasNewline(shape.prefix)) return false;
  let width = shape.indentation + 1 + shape.prefix.length + 10;
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] as string;
    width += entry.length + 2;
    if (width > WIDTH || hasNewline(entry)) return false;
  }
  return true;
}

/** Entries of one line share a line with their neighbours as long as there is room. */
function inRows(entries: string[]): string[] {
  const rows: string[] = [];
  let hasRoom = false;
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] as string;
    const last = rows.length - 1;
    const isWide = hasNewline(entry);
    if (hasRoom && !isWide && (rows[last] as string).length + entry.length + 4 <= WIDTH - 8) {
      rows[last] += `, ${entry}`;
    } else {
      append(rows, entry);
    }
    hasRoom = !isWide;
  }
  return rows;
}

function indented(lines: string[]): string[] {
  const moved: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    append(moved, indent(lines[index] as string, "  "));
  }
  return moved;
}

export function joined(texts: string[], separator: string): string {
  let result = "";
  for (let index = 0; index < texts.length; index++) {
    result += index === 0 ? texts[index] : separator + texts[index];
  }
  return result;
}
