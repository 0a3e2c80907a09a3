/**
 * Reading dates from text. The engine reads a text without a zone in the zone of the machine; here
 * such a text is read as UTC. Which texts are dates at all stays the engine's own decision.
 *
 * The engine is asked with `UTC` behind the text, which overrides any zone inside; that zone is then
 * added by us. So the zone of the machine cannot have a say, however odd the text is.
 */
import { apply, codeAt, sliceText } from "./intrinsics";

const { parse } = Date;
const { toLowerCase } = String.prototype;

/** Minutes east of UTC for the names of zones, and "month" for the names of months. */
const WORDS = {
  __proto__: null,
  ...{ ut: 0, utc: 0, z: 0, gmt: 0, est: -300, edt: -240, cst: -360, cdt: -300, mst: -420 },
  ...{ mdt: -360, pst: -480, pdt: -420, jan: "month", feb: "month", mar: "month" },
  ...{ apr: "month", may: "month", jun: "month", jul: "month", aug: "month", sep: "month" },
  ...{ oct: "month", nov: "month", dec: "month" },
} as unknown as Record<string, number | "month" | undefined>;

const OPEN = 40;
const CLOSE = 41;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const MINUTE = 60_000;

export function parseDate(text: string): number {
  const { zone, depth } = scanDate(text);
  let closing = "";
  for (let open = depth; open > 0; open--) closing += ")";
  const asUtc = parse(`${text}${closing} UTC`);
  if (asUtc === asUtc) return asUtc - (zone ?? 0) * MINUTE;
  // An ISO date with a time takes a `Z` and nothing else, and no second zone.
  return parse(zone === undefined ? `${text}Z` : text);
}

/** What stands directly before: a hyphen behind a day, month or year belongs to the date. */
type Before = "date" | "time" | "point of time" | "other";

interface Scan {
  /** Minutes east of UTC; `undefined` if the text names no zone. */
  zone: number | undefined;
  /** How many parentheses are left open at the end. */
  depth: number;
}

/** Looks for a zone: its name behind the first number, or a sign behind the time of day. */
function scanDate(text: string): Scan {
  const scan: Scan = { zone: undefined, depth: 0 };
  let hasNumber = false;
  let hasTime = false;
  let last = "other" as Before;
  for (let at = 0; at < text.length;) {
    const code = codeAt(text, at);
    let end = isDigit(code) ? skip(text, at, isDigit) : skip(text, at, isLetter);
    if (code === OPEN) scan.depth++;
    if (code === CLOSE && scan.depth > 0) scan.depth--;
    if (scan.depth > 0 || code === CLOSE) {
      last = "other";
    } else if (isDigit(code)) {
      hasNumber = true;
      const isTime = isTimePart(text, at, end, last === "point of time");
      hasTime ||= isTime;
      last = isTime ? "time" : "date";
    } else if (end > at) {
      const word = wordAt(text, at, end);
      if (hasNumber && typeof word === "number") scan.zone = word;
      last = word === "month" ? "date" : "other";
    } else if ((code === PLUS || code === MINUS) && (hasTime || scan.zone === 0)) {
      const isHyphen = code === MINUS && last === "date";
      if (!isHyphen) end = readOffset(text, at, scan);
      last = "other";
    } else {
      last = code === POINT && last === "time" ? "point of time" : "other";
    }
    at = end > at ? end : at + 1;
  }
  return scan;
}

function isTimePart(text: string, from: number, to: number, isFraction: boolean): boolean {
  if (isFraction || codeAt(text, to) === COLON) return true;
  return to - from <= 2 && from > 0 && codeAt(text, from - 1) === COLON;
}

/** Months may be written out; the name of a zone is complete with its two or three letters. */
function wordAt(text: string, from: number, to: number): number | "month" | undefined {
  const kind = WORDS[apply(toLowerCase, sliceText(text, from, from + 3 < to ? from + 3 : to), [])];
  return typeof kind === "number" && to - from > 3 ? undefined : kind;
}

/** Reads `+3`, `+03`, `+0300` or `+03:00`; answers with its end. */
function readOffset(text: string, at: number, scan: Scan): number {
  const sign = codeAt(text, at) === MINUS ? -1 : 1;
  let end = skip(text, at + 1, isDigit);
  const number = +sliceText(text, at + 1, end);
  let minutes = end - at <= 3 ? number * 60 : ((number / 100) | 0) * 60 + (number % 100);
  if (codeAt(text, end) === COLON) {
    const from = end + 1;
    end = skip(text, from, isDigit);
    const added = +sliceText(text, from, end);
    // The engine overlooks minutes that an hour does not have.
    minutes = number * 60 + (added < 60 ? added : 0);
  }
  scan.zone = sign * minutes;
  return end;
}

function skip(text: string, from: number, matches: (code: number) => boolean): number {
  let at = from;
  while (at < text.length && matches(codeAt(text, at))) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
