/** The arguments of a console call as one text, with the placeholders that Node knows. */
import { inspect } from "./inspect";
import { primitiveText } from "./inspect-text";
import {
  apply,
  codeAt,
  isObject,
  RealmNumber,
  RealmString,
  sliceText,
  stringifyJson,
} from "./intrinsics";

const PERCENT = 37;
const DEPTH_OF_SMALL_O = 4;

const { parseFloat, parseInt } = RealmNumber;

/** Ways to become a text that say less of an object than its inside does. */
const BUILT_IN = [
  ...[Object.prototype.toString, Error.prototype.toString, Array.prototype.toString],
  RegExp.prototype.toString,
];

export function format(args: ArrayLike<unknown>): string {
  const first = args[0];
  if (typeof first !== "string") return args.length === 0 ? "" : withRest(inspect(first), args, 1);
  if (args.length === 1) return first;
  let text = "";
  let from = 0;
  let next = 1;
  for (let at = 0; at < first.length - 1; at++) {
    if (codeAt(first, at) !== PERCENT) continue;
    const kind = first[at + 1] as string;
    const filled = kind === "%" ? "%" : next < args.length ? fill(kind, args[next]) : null;
    if (filled === null) continue;
    if (kind !== "%") next++;
    text += sliceText(first, from, at) + filled;
    at++;
    from = at + 1;
  }
  return withRest(text + sliceText(first, from), args, next);
}

function withRest(start: string, args: ArrayLike<unknown>, from: number): string {
  let text = start;
  for (let index = from; index < args.length; index++) {
    const value = args[index];
    text += ` ${typeof value === "string" ? value : inspect(value)}`;
  }
  return text;
}

/** Null if it is no placeholder. */
function fill(kind: string, value: unknown): string | null {
  switch (kind) {
    case "s":
      return asString(value);
    case "d":
      return asNumber(value, RealmNumber);
    case "i":
      return asNumber(value, parseInt);
    case "f":
      return typeof value === "bigint"
        ? asNumber(RealmNumber(value), parseFloat)
        : asNumber(value, parseFloat);
    case "j":
      return asJson(value);
    case "o":
      return inspect(value, DEPTH_OF_SMALL_O);
    case "O":
      return inspect(value);
    case "c":
      return "";
    default:
      return null;
  }
}

function asString(value: unknown): string {
  if (typeof value === "string") return value;
  if (!isObject(value)) return primitiveText(value);
  try {
    const { toString } = value;
    for (let index = 0; index < BUILT_IN.length; index++) {
      if (toString === BUILT_IN[index]) return inspect(value, 0);
    }
    return RealmString(value);
  } catch {
    return inspect(value, 0);
  }
}

function asNumber(value: unknown, convert: (value: never) => number): string {
  if (typeof value === "bigint" && convert !== parseFloat) return `${value}n`;
  if (typeof value === "symbol") return "NaN";
  try {
    return primitiveText(apply(convert, undefined, [value as never]));
  } catch {
    return "NaN";
  }
}

function asJson(value: unknown): string {
  try {
    return `${stringifyJson(value)}`;
  } catch (error) {
    return error instanceof TypeError ? "[Circular]" : "[Object that cannot be shown]";
  }
}
