/** How names and strings are written where the console shows the inside of a value. */
import { apply, codeAt, fromCharCode, numberText, sliceText } from "./intrinsics";

const LONGEST_STRING = 10_000;

const NEWLINE = 10;
const DOUBLE = 34;
const SINGLE = 39;
const UNDERSCORE = 95;
const BACKSLASH = 92;
const BACKTICK = 96;

const { toString: symbolToString } = Symbol.prototype;

export function primitiveText(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "symbol") return symbolText(value);
  if (typeof value === "bigint") return `${value}n`;
  return value === 0 && 1 / value < 0 ? "-0" : `${value as number}`;
}

export function symbolText(symbol: symbol): string {
  return apply(symbolToString, symbol, []);
}

/** In the quotes that need no backslashes, if there are such. */
export function quote(text: string): string {
  const hidden = text.length - LONGEST_STRING;
  const shown = hidden > 0 ? sliceText(text, 0, LONGEST_STRING) : text;
  const mark = markFor(shown);
  const quoted = fromCharCode(mark) + escaped(shown, mark) + fromCharCode(mark);
  return hidden > 0 ? `${quoted}... ${hidden} more ${counted(hidden, "character")}` : quoted;
}

/** A key of an object: names stand as they are, all else in quotes. */
export function keyText(key: string): string {
  return isName(key) ? key : quote(key);
}

export function counted(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

/** Moves every line but the first to the right. */
export function indent(text: string, by: string): string {
  let result = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (codeAt(text, at) !== NEWLINE) continue;
    result += sliceText(text, from, at + 1) + by;
    from = at + 1;
  }
  return result + sliceText(text, from);
}

export function hasNewline(text: string): boolean {
  return has(text, NEWLINE);
}

function markFor(text: string): number {
  if (!has(text, SINGLE)) return SINGLE;
  if (!has(text, DOUBLE)) return DOUBLE;
  return has(text, BACKTICK) ? SINGLE : BACKTICK;
}

function escaped(text: string, mark: number): string {
  let result = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = codeAt(text, at);
    if (code >= 0xd800 && code <= 0xdbff && isTrail(codeAt(text, at + 1))) {
      at++;
      continue;
    }
    const escape = escapeOf(code, mark);
    if (escape === null) continue;
    result += sliceText(text, from, at) + escape;
    from = at + 1;
  }
  return result + sliceText(text, from);
}

function escapeOf(code: number, mark: number): string | null {
  if (code === mark || code === BACKSLASH) return `\\${fromCharCode(code)}`;
  if (code >= 0xd800 && code <= 0xdfff) return `\\u${hex(code)}`;
  if (code >= 0x20 && (code < 0x7f || code > 0x9f)) return null;
  switch (code) {
    case 8:
      return "\\b";
    case 9:
      return "\\t";
    case NEWLINE:
      return "\\n";
    case 12:
      return "\\f";
    case 13:
      return "\\r";
    default:
      return `\\x${code < 16 ? "0" : ""}${hex(code)}`;
  }
}

function hex(code: number): string {
  const digits = numberText(code, 16);
  let upper = "";
  for (let at = 0; at < digits.length; at++) {
    const digit = codeAt(digits, at);
    upper += fromCharCode(digit >= 97 ? digit - 32 : digit);
  }
  return upper;
}

function isName(key: string): boolean {
  for (let at = 0; at < key.length; at++) {
    const code = codeAt(key, at);
    const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
    const isDigit = code >= 48 && code <= 57;
    if (!isLetter && code !== UNDERSCORE && (at === 0 || !isDigit)) return false;
  }
  return key !== "";
}

function has(text: string, code: number): boolean {
  for (let at = 0; at < text.length; at++) if (codeAt(text, at) === code) return true;
  return false;
}

function isTrail(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
