/** The entries of an inspected object that are no properties: elements, members, bytes. */
import { type Bytes, bytesOf } from "./bytes";
import type { Form } from "./inspect-form";
import { counted } from "./inspect-text";
import { append, apply, hasOwn, numberText, ownKeys } from "./intrinsics";

const MOST_SHOWN = 100;
const MOST_BYTES = 50;

const { forEach: forEachOfMap } = Map.prototype;
const { forEach: forEachOfSet } = Set.prototype;

type Show = (value: unknown) => string;

export function hasContents(object: object, kind: Form["kind"]): boolean {
  switch (kind) {
    case "Array":
    case "Arguments":
    case "TypedArray":
      return (object as unknown[]).length > 0;
    case "Map":
    case "Set":
      return (object as Set<unknown>).size > 0;
    case "ArrayBuffer":
    case "DataView":
    case "Promise":
    case "WeakMap":
    case "WeakSet":
      return true;
    default:
      return false;
  }
}

export function contentsOf(object: object, kind: Form["kind"], show: Show): string[] {
  switch (kind) {
    case "Array":
    case "Arguments":
      return elementsOf(object as unknown[], show);
    case "TypedArray":
      return numbersOf(object as ArrayLike<number>, show);
    case "Map":
      return entriesOfMap(object as Map<unknown, unknown>, show);
    case "Set":
      return membersOfSet(object as Set<unknown>, show);
    case "ArrayBuffer":
      return bytesOfBuffer(object as ArrayBuffer);
    case "DataView":
      return partsOfView(object as DataView, show);
    case "Promise":
      return ["<state unknown>"];
    case "WeakMap":
    case "WeakSet":
      return ["<items unknown>"];
    default:
      return [];
  }
}

function elementsOf(array: ArrayLike<unknown>, show: Show): string[] {
  const entries: string[] = [];
  let at = 0;
  while (at < array.length && entries.length < MOST_SHOWN) {
    const next = hasOwn(array, at) ? at : nextElement(array, at);
    if (next > at) append(entries, `<${next - at} empty ${counted(next - at, "item")}>`);
    else append(entries, show(array[at]));
    at = next > at ? next : at + 1;
  }
  return withRest(entries, array.length - at);
}

/** The first element behind a hole, which may be very wide. */
function nextElement(array: ArrayLike<unknown>, from: number): number {
  const keys = ownKeys(array);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index];
    const number = typeof key === "string" ? +key : NaN;
    if (number > from && number < array.length) return number;
  }
  return array.length;
}

function numbersOf(array: ArrayLike<number>, show: Show): string[] {
  const entries: string[] = [];
  const shown = array.length < MOST_SHOWN ? array.length : MOST_SHOWN;
  for (let at = 0; at < shown; at++) append(entries, show(array[at]));
  return withRest(entries, array.length - shown);
}

function entriesOfMap(map: Map<unknown, unknown>, show: Show): string[] {
  const entries: string[] = [];
  let hidden = 0;
  const visit = (value: unknown, key: unknown) => {
    if (entries.length < MOST_SHOWN) append(entries, `${show(key)} => ${show(value)}`);
    else hidden++;
  };
  apply(forEachOfMap, map, [visit]);
  return withRest(entries, hidden);
}

function membersOfSet(set: Set<unknown>, show: Show): string[] {
  const entries: string[] = [];
  let hidden = 0;
  const visit = (value: unknown) => {
    if (entries.length < MOST_SHOWN) append(entries, show(value));
    else hidden++;
  };
  apply(forEachOfSet, set, [visit]);
  return withRest(entries, hidden);
}

function bytesOfBuffer(buffer: ArrayBuffer): string[] {
  const bytes = bytesOf(buffer) as Bytes;
  let text = "";
  for (let at = 0; at < bytes.length && at < MOST_BYTES; at++) {
    const byte = bytes[at] ?? 0;
    text += `${at === 0 ? "" : " "}${byte < 16 ? "0" : ""}${numberText(byte, 16)}`;
  }
  const hidden = bytes.length - MOST_BYTES;
  if (hidden > 0) text += ` ... ${hidden} more ${counted(hidden, "byte")}`;
  return [`[Uint8Contents]: <${text}>`, `byteLength: ${bytes.length}`];
}

function partsOfView(view: DataView, show: Show): string[] {
  const { byteLength, byteOffset, buffer } = view;
  return [`byteLength: ${byteLength}`, `byteOffset: ${byteOffset}`, `buffer: ${show(buffer)}`];
}

function withRest(entries: string[], hidden: number): string[] {
  if (hidden > 0) append(entries, `... ${hidden} more ${counted(hidden, "item")}`);
  return entries;
}
