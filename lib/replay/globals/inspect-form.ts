/** What an inspected object is, and what is said of it before its contents. */
import { typedArrayName } from "./bytes";
import { errorText } from "./inspect-error";
import { functionText, prefixOf } from "./inspect-name";
import { primitiveText } from "./inspect-text";
import { apply } from "./intrinsics";
import { type Kind, kindOf } from "./kind-of";

export interface Form {
  kind: Kind | "Function";
  head: string;
  /** With nothing inside, no brackets follow. */
  standsAlone: boolean;
  isList: boolean;
}

const { getTime, toISOString } = Date.prototype;
const { toString: regExpToString } = RegExp.prototype;
const values = {
  Number: Number.prototype.valueOf,
  Boolean: Boolean.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf,
  String: String.prototype.valueOf,
};

export function formOf(object: object): Form {
  const kind = typeof object === "function" ? "Function" : kindOf(object);
  const alone = textAlone(object, kind);
  if (alone !== null) return { kind, head: alone, standsAlone: true, isList: false };
  const isList = kind === "Array" || kind === "TypedArray" || kind === "Arguments";
  return { kind, head: textBefore(object, kind), standsAlone: false, isList };
}

function textAlone(object: object, kind: Form["kind"]): string | null {
  switch (kind) {
    case "Function":
      return functionText(object);
    case "Error":
      return errorText(object as Error);
    case "RegExp":
      return apply(regExpToString, object, []);
    case "Date":
      return dateText(object);
    case "Number":
    case "Boolean":
    case "BigInt":
    case "Symbol":
    case "String":
      return `[${kind}: ${primitiveText(apply(values[kind] as () => unknown, object, []))}]`;
    default:
      return null;
  }
}

function textBefore(object: object, kind: Form["kind"]): string {
  const { length, size } = object as { length: number; size: number };
  switch (kind) {
    case "Array":
      return prefixOf(object, kind, `(${length})`);
    case "TypedArray":
      return prefixOf(object, typedArrayName(object) ?? kind, `(${length})`);
    case "Map":
    case "Set":
      return prefixOf(object, kind, `(${size})`);
    case "Arguments":
      return "[Arguments]";
    default:
      return prefixOf(object, kind);
  }
}

function dateText(date: object): string {
  const time = apply(getTime, date, []) as number;
  return time === time ? apply(toISOString, date, []) : "Invalid Date";
}
