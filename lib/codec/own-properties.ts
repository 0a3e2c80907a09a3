/** The properties that travel: own, enumerable, with strings as keys. Each is read once. */
import { describeSymbol, tagOf } from "./describe";
import { MAX_TEXT } from "./limits";
import { notSerializable, propertyPath, tooLarge, toRefusal } from "./refusal";

const { getOwnPropertySymbols, hasOwn, keys } = Object;
const OBJECT = Object.prototype;
const ARRAY = Array.prototype;
const isEnumerable = OBJECT.propertyIsEnumerable;

/** Each item takes two characters of text at least. */
export const MAX_ITEMS = MAX_TEXT / 2;

/** A plain copy. A getter becomes what it returned. */
export function copyOwn(value: object): Record<string, unknown> {
  if (getOwnPropertySymbols(value).length > 0) refuseSymbols(value);
  try {
    return { ...value };
  } catch (thrown) {
    throw toRefusal(thrown).within(pathToThrower(value));
  }
}

/** True for an array without holes and without properties besides its items. */
export function isDense(array: readonly unknown[]): boolean {
  const { length } = array;
  if (length > MAX_ITEMS) refuseIfFull(array);
  const names = keys(array);
  if (names.length !== length || (length > 0 && names[length - 1] !== `${length - 1}`))
    return false;
  if (getOwnPropertySymbols(array).length > 0) refuseSymbols(array);
  return true;
}

/** Symbols that cannot be seen are the marks of libraries, and stay behind as other hidden keys. */
export function refuseSymbols(value: object): void {
  const symbol = getOwnPropertySymbols(value).find((key) => isEnumerable.call(value, key));
  if (symbol !== undefined) {
    throw notSerializable(`a key that is a symbol (${describeSymbol(symbol)})`);
  }
  // `arguments` and modules look like plain objects in every other way.
  const tag = tagOf(value);
  if (tag !== "Object" && tag !== "Array") throw notSerializable(`an object of type ${tag}`);
}

/** Whether a program gave all objects properties, which `for in` and JSON would find. */
export function arePrototypesChanged(): boolean {
  return keys(OBJECT).length > 0 || "toJSON" in OBJECT || "toJSON" in ARRAY;
}

/** Hides a `toJSON` of all objects from JSON. */
export function shield(mirror: object): void {
  if (!hasOwn(mirror, "toJSON")) Object.defineProperty(mirror, "toJSON", { value: undefined });
}

/** An array of this length has holes or can never be stored; it is not listed to find out. */
function refuseIfFull(array: readonly unknown[]): void {
  for (let index = 0; index <= MAX_ITEMS; index++) if (!hasOwn(array, index)) return;
  throw tooLarge();
}

/** A getter that throws is asked again, to learn which it was; one that then answers has no path. */
function pathToThrower(value: object): string {
  try {
    for (const key of keys(value)) {
      try {
        void (value as Record<string, unknown>)[key];
      } catch {
        return propertyPath(key);
      }
    }
  } catch {
    // A proxy that refuses to list its keys.
  }
  return "";
}
