/** `console.table`: rows and columns between lines. */
import { inspect } from "./inspect";
import {
  append,
  apply,
  create,
  getOwnPropertyDescriptor,
  isArray,
  isObject,
  ownKeys,
} from "./intrinsics";
import { kindOf } from "./kind-of";

const INDEX = "(index)";
const VALUES = "Values";

const { forEach: forEachOfMap } = Map.prototype;
const { forEach: forEachOfSet } = Set.prototype;

type Visit = (key: string, value: unknown) => void;

interface Row {
  index: string;
  /** By column. */
  cells: Record<string, string | undefined>;
}

/** Null if it is nothing to make a table of. */
export function tableText(data: unknown, wanted: unknown): string | null {
  if (!isObject(data)) return null;
  const rows: Row[] = [];
  const columns: string[] = [];
  let hasValues = false;
  eachRow(data, (index, value) => {
    const cells = create(null) as Row["cells"];
    append(rows, { index, cells });
    if (!isObject(value) || typeof value === "function") {
      hasValues = true;
      cells[VALUES] = inspect(value, 0);
      return;
    }
    eachProperty(value, (key, part) => {
      if (!contains(columns, key)) append(columns, key);
      cells[key] = inspect(part, 0);
    });
  });
  const shown = isArray(wanted) ? (wanted as string[]) : columns;
  return draw(rows, hasValues ? appended(shown, VALUES) : shown);
}

function eachRow(data: object, visit: Visit): void {
  const kind = kindOf(data);
  let index = 0;
  if (kind === "Map") {
    const entry = (value: unknown, key: unknown) => visit(inspect(key, 0), value);
    apply(forEachOfMap, data, [entry]);
  } else if (kind === "Set") {
    apply(forEachOfSet, data, [(value: unknown) => visit(`${index++}`, value)]);
  } else {
    eachProperty(data, visit);
  }
}

/** Own properties that are enumerable; getters are not called. */
function eachProperty(object: object, visit: Visit): void {
  const keys = ownKeys(object);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at];
    if (typeof key !== "string") continue;
    const property = getOwnPropertyDescriptor(object, key);
    if (property?.enumerable) visit(key, property.value);
  }
}

function draw(rows: Row[], columns: string[]): string {
  const grid = [grown([INDEX], columns)];
  for (let at = 0; at < rows.length; at++) {
    const { index, cells } = rows[at] as Row;
    const line = [index];
    for (let column = 0; column < columns.length; column++) {
      append(line, cells[`${columns[column]}`] ?? "");
    }
    append(grid, line);
  }
  const widths = widthsOf(grid);
  let text = `${rule(widths, "┌", "┬", "┐")}\n${lineText(grid[0] as string[], widths)}\n`;
  text += `${rule(widths, "├", "┼", "┤")}\n`;
  for (let at = 1; at < grid.length; at++) text += `${lineText(grid[at] as string[], widths)}\n`;
  return text + rule(widths, "└", "┴", "┘");
}

function widthsOf(grid: string[][]): number[] {
  const widths: number[] = [];
  for (let row = 0; row < grid.length; row++) {
    const line = grid[row] as string[];
    for (let column = 0; column < line.length; column++) {
      const width = (line[column] as string).length;
      if (column === widths.length) append(widths, width);
      else if (width > (widths[column] ?? 0)) widths[column] = width;
    }
  }
  return widths;
}

function rule(widths: number[], start: string, between: string, end: string): string {
  let text = start;
  for (let column = 0; column < widths.length; column++) {
    if (column > 0) text += between;
    text += repeated("─", (widths[column] ?? 0) + 2);
  }
  return text + end;
}

function lineText(cells: string[], widths: number[]): string {
  let text = "│";
  for (let column = 0; column < cells.length; column++) {
    const cell = cells[column] as string;
    text += ` ${cell}${repeated(" ", (widths[column] ?? 0) - cell.length)} │`;
  }
  return text;
}

function repeated(text: string, times: number): string {
  let result = "";
  for (let count = 0; count < times; count++) result += text;
  return result;
}

function grown(start: string[], more: string[]): string[] {
  for (let at = 0; at < more.length; at++) append(start, `${more[at]}`);
  return start;
}

function appended(list: string[], last: string): string[] {
  return grown(grown([], list), [last]);
}

function contains(list: string[], text: string): boolean {
  for (let at = 0; at < list.length; at++) if (list[at] === text) return true;
  return false;
}
