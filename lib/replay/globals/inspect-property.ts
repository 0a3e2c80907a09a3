/** The properties that the console shows of an object, and how. */
import { isInText } from "./inspect-error";
import type { Form } from "./inspect-form";
import { keyText, symbolText } from "./inspect-text";
import { append, getOwnPropertyDescriptor, hasOwn, ownKeys } from "./intrinsics";

/** Reading the keys of longer lists takes longer than they are worth. */
const LONGEST_WITH_KEYS = 10_000;

type Show = (value: unknown) => string;

export function propertiesOf(object: object, { kind, head, isList }: Form): PropertyKey[] {
  const shown: PropertyKey[] = [];
  if (isList && (object as unknown[]).length > LONGEST_WITH_KEYS) return shown;
  const keys = ownKeys(object);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as PropertyKey;
    if ((isList || kind === "String") && isIndex(key)) continue;
    // Node may keep its own numbers on promises, which differ from replay to replay.
    if (kind === "Promise" && typeof key === "symbol") continue;
    if (kind === "Error" && isInText(object, key, head)) continue;
    if (getOwnPropertyDescriptor(object, key)?.enumerable) append(shown, key);
  }
  if (kind === "Error") addHidden(object, shown, "cause");
  if (kind === "Error") addHidden(object, shown, "errors");
  return shown;
}

export function propertyText(object: object, key: PropertyKey, show: Show): string {
  const property = getOwnPropertyDescriptor(object, key);
  const name = typeof key === "symbol" ? `[${symbolText(key)}]` : keyText(`${key}`);
  const shownName = property?.enumerable ? name : `[${name}]`;
  return `${shownName}: ${property === undefined ? "undefined" : valueText(property, show)}`;
}

function valueText(property: PropertyDescriptor, show: Show): string {
  const { get, set } = property;
  if (get === undefined && set === undefined) return show(property.value);
  if (set === undefined) return "[Getter]";
  return get === undefined ? "[Setter]" : "[Getter/Setter]";
}

function addHidden(object: object, keys: PropertyKey[], key: string): void {
  if (hasOwn(object, key) && !getOwnPropertyDescriptor(object, key)?.enumerable) {
    append(keys, key);
  }
}

function isIndex(key: PropertyKey): boolean {
  return typeof key === "string" && `${+key >>> 0}` === key;
}
