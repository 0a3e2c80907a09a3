/**
 * What a realm looks like before a workflow has run in it, to tell afterwards whether the workflow
 * has left something behind: a property, a replaced method, another prototype (decision 008).
 *
 * Looked at is everything that can be reached from the roots, which the realm names: its globals, the
 * objects behind syntax, what the prelude hands out. Of a function that has nothing but a name, a
 * length and a prototype, only the number of its properties is compared, and of a method, which has no
 * prototype either, only whether it has one that can be enumerated: there are hundreds of them, and
 * to list what an untouched one has is most of the work. The host looks with its own functions, and
 * none of them runs code of the realm.
 */
const { getOwnPropertyDescriptor, getPrototypeOf, isExtensible, ownKeys } = Reflect;
const { hasOwn, keys: enumerableKeys } = Object;

/** The most that a function has when nobody has added to it. */
const FUNCTION_KEYS = 3;

interface Subject {
  object: object;
  prototype: object | null;
  isExtensible: boolean;
  keys: readonly PropertyKey[];
  /** Null where only the number of keys is compared. */
  properties: readonly PropertyDescriptor[] | null;
  isMethod: boolean;
}

export type RealmPicture = readonly Subject[];

export function takePicture(roots: readonly unknown[]): RealmPicture {
  const met = new Set<object>();
  const meet = (value: unknown) => {
    if (isObject(value)) met.add(value);
  };
  for (const root of roots) meet(root);
  const picture: Subject[] = [];
  // What is met on the way is visited as well.
  for (const object of met) picture.push(look(object, meet));
  return picture;
}

export function isUnchanged(picture: RealmPicture): boolean {
  for (const subject of picture) if (!isAsBefore(subject)) return false;
  return true;
}

function look(object: object, meet: (value: unknown) => void): Subject {
  const prototype = getPrototypeOf(object);
  meet(prototype);
  const keys = ownKeys(object);
  const properties = keys.map((key) => getOwnPropertyDescriptor(object, key)!);
  for (const { value, get, set } of properties) {
    meet(value);
    meet(get);
    meet(set);
  }
  const isBare = typeof object === "function" && keys.length <= FUNCTION_KEYS;
  return {
    object,
    prototype,
    isExtensible: isExtensible(object),
    keys,
    properties: isBare ? null : properties,
    isMethod: isBare && !hasOwn(object, "prototype"),
  };
}

function isAsBefore(before: Subject): boolean {
  const { object, keys, properties } = before;
  if (getPrototypeOf(object) !== before.prototype) return false;
  if (isExtensible(object) !== before.isExtensible) return false;
  if (before.isMethod) return enumerableKeys(object).length === 0;
  const now = ownKeys(object);
  if (now.length !== keys.length) return false;
  if (properties === null) return true;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (now[index] !== key) return false;
    if (!isSame(getOwnPropertyDescriptor(object, key)!, properties[index]!)) return false;
  }
  return true;
}

function isSame(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return (
    Object.is(one.value, other.value) &&
    one.get === other.get &&
    one.set === other.set &&
    one.writable === other.writable &&
    one.enumerable === other.enumerable &&
    one.configurable === other.configurable
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
