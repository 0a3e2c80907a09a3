/**
 * Puts loop guards into code, as text: what stays keeps its bytes and its line, so that a position
 * can be followed back through the edits and then through the bundler's source map.
 */
import type { Edit, EditKind } from "./guard-edits";

/** The two variables that every guard uses: passes left, and the function that asks for more. */
export interface GuardNames {
  left: string;
  tick: string;
}

export interface GuardedCode {
  code: string;
  /** What was done to the code before it; places in that code. */
  edits: PlacedText[];
}

export interface PlacedText {
  start: number;
  end: number;
  text: string;
}

/** Names that occur nowhere in the code, so that guards and user code cannot meet. */
export function chooseGuardNames(codes: string[]): GuardNames {
  for (let count = 0; ; count++) {
    const names = { left: `$left${count || ""}`, tick: `$tick${count || ""}` };
    const isTaken = (code: string) => code.includes(names.left) || code.includes(names.tick);
    if (!codes.some(isTaken)) return names;
  }
}

export function addGuards(code: string, names: GuardNames, places: Edit[]): GuardedCode {
  const texts = guardTexts(names);
  const edits = places.map((edit) => placed(edit, texts));
  return { code: applyEdits(code, edits), edits };
}

/** How far the text at `offset` of the code before has moved in its line. */
export function columnShift(edits: PlacedText[], lineStart: number, offset: number): number {
  let shift = 0;
  for (let index = firstAtOrAfter(edits, lineStart); index < edits.length; index++) {
    const edit = edits[index]!;
    if (edit.start > offset) break;
    shift += edit.text.length - (Math.min(edit.end, offset) - edit.start);
  }
  return shift;
}

/** The offset in the code before of what is now in the column; a place in a guard is its place. */
export function offsetBefore(edits: PlacedText[], lineStart: number, column: number): number {
  let shift = 0;
  for (let index = firstAtOrAfter(edits, lineStart); index < edits.length; index++) {
    const edit = edits[index]!;
    const startColumn = edit.start - lineStart + shift;
    if (startColumn > column) break;
    if (column < startColumn + edit.text.length) return edit.start;
    shift += edit.text.length - (edit.end - edit.start);
  }
  return lineStart + column - shift;
}

function applyEdits(code: string, edits: PlacedText[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const edit of edits) {
    if (edit.start > at) pieces.push(code.slice(at, edit.start));
    pieces.push(edit.text);
    at = edit.end;
  }
  pieces.push(code.slice(at));
  return pieces.join("");
}

function placed({ start, end, kind }: Edit, texts: Record<EditKind, string>): PlacedText {
  return { start, end, text: texts[kind] };
}

function guardTexts({ left, tick }: GuardNames): Record<EditKind, string> {
  const guard = `if(--${left}<0)${left}=${tick}();`;
  return {
    guard,
    // Behind a directive that ends with its line there is no semicolon.
    "guard-after-directives": `;${guard}`,
    "open-block": `{${guard}`,
    "close-block": "}",
    "open-expression": `(--${left}<0&&(${left}=${tick}()),`,
    "close-expression": ")",
    remove: "",
  };
}

function firstAtOrAfter(edits: PlacedText[], offset: number): number {
  let low = 0;
  let high = edits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edits[middle]!.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
