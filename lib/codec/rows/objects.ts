/** Objects and arrays that JSON has no form for. */
import { define, MalformedParts, textPart, type TypeRow } from "../codec-type";
import { copyOwn, MAX_ITEMS, refuseSymbols } from "../own-properties";
import { notSerializable, propertyPath, tooLarge } from "../refusal";

const LONGEST_ARRAY = 2 ** 32 - 1;
/** An array this short may take its memory at once: no more than the text it comes from. */
const SHORT_ARRAY = 64;

type Dictionary = Record<string, unknown>;

/** Chosen for objects whose prototype is none, never found: a function may have none either. */
export const NULL_OBJECT: TypeRow<Dictionary> = {
  name: "Null",
  is: () => false,
  toParts: (object) => Object.entries(copyOwn(object)).flat(),
  head: 0,
  create: () => Object.create(null) as Dictionary,
  fill(object, parts) {
    if (parts.length % 2 !== 0) throw new MalformedParts("a key has no value");
    for (let index = 0; index < parts.length; index += 2) {
      define(object, textPart(parts, index), parts[index + 1]);
    }
  },
  pathTo: (index, parts) => propertyPath(String(parts[index % 2 === 0 ? index : index - 1])),
};

/** An array with holes: its length, then index and value of what there is. Chosen likewise. */
export const SPARSE_ARRAY: TypeRow<unknown[]> = {
  name: "Sparse",
  is: () => false,
  toParts(array) {
    if (Object.getOwnPropertySymbols(array).length > 0) refuseSymbols(array);
    const names = Object.keys(array);
    if (names.length > MAX_ITEMS / 2) throw tooLarge();
    const parts: unknown[] = [array.length];
    for (const key of names) {
      if (!isIndex(key)) throw notSerializable(`the property "${key.slice(0, 80)}" of an array`);
      parts.push(Number(key), array[Number(key)]);
    }
    return parts;
  },
  head: 1,
  create([length]) {
    if (!isIntegerBelow(length, LONGEST_ARRAY + 1)) throw new MalformedParts("no length");
    const array: unknown[] = [];
    // An array that was this long keeps a table of its elements, and no place for each.
    if (length > SHORT_ARRAY) array.length = LONGEST_ARRAY;
    array.length = length;
    return array;
  },
  fill(array, parts) {
    for (let at = 1; at < parts.length; at += 2) {
      const index = parts[at];
      if (!isIntegerBelow(index, array.length)) throw new MalformedParts("no index");
      define(array as unknown as Dictionary, String(index), parts[at + 1]);
    }
  },
  pathTo: (index, parts) => `[${String(parts[index - 1])}]`,
};

function isIndex(key: string): boolean {
  return String(Number(key) >>> 0) === key && key !== String(LONGEST_ARRAY);
}

function isIntegerBelow(value: unknown, end: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < end;
}
