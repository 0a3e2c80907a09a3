/**
 * What a realm looks like before a workflow has run in it, to tell afterwards whether the workflow
 * has left something behind: a property, a replaced method, another prototype.
 *
 * Looked at is everything that can be reached from the globals, the objects behind syntax, and what
 * the prelude hands out. Of a function that has nothing but a name, a length and a prototype, only
 * the number of its properties is compared.
 *
 * Descriptors inherit from the prototype of all objects, so that is looked at first: once it is known
 * to be as it was, reading a field that a descriptor does not have runs no code of the workflow.
 */
import { append, apply, getPrototypeOf, isObject, ownKeys } from "../globals/intrinsics";

const { isExtensible, getOwnPropertyDescriptor } = Reflect;
const { is, prototype: OBJECT } = Object;
const { has, add } = Set.prototype;

/** The most that a function has when nobody has added to it. */
const FUNCTION_KEYS = 3;

interface Subject {
  object: object;
  prototype: object | null;
  isExtensible: boolean;
  keys: readonly PropertyKey[];
  /** Undefined where only the number of keys is compared. */
  properties: readonly PropertyDescriptor[] | undefined;
}

export type Picture = readonly Subject[];

export function takePicture(roots: readonly unknown[]): Picture {
  const picture: Subject[] = [];
  const seen = new Set<object>();
  const waiting: object[] = [];
  const meet = (value: unknown) => {
    if (!isObject(value) || apply(has, seen, [value])) return;
    apply(add, seen, [value]);
    append(waiting, value);
  };
  meet(OBJECT);
  for (let index = 0; index < roots.length; index++) meet(roots[index]);
  for (let index = 0; index < waiting.length; index++) {
    append(picture, look(waiting[index]!, meet));
  }
  return picture;
}

export function isUnchanged(picture: Picture): boolean {
  for (let index = 0; index < picture.length; index++) {
    if (!isAsBefore(picture[index]!)) return false;
  }
  return true;
}

function look(object: object, meet: (value: unknown) => void): Subject {
  const prototype = getPrototypeOf(object);
  meet(prototype);
  const keys = ownKeys(object);
  const properties: PropertyDescriptor[] = [];
  for (let index = 0; index < keys.length; index++) {
    const property = getOwnPropertyDescriptor(object, keys[index]!)!;
    append(properties, property);
    meet(property.value);
    meet(property.get);
    meet(property.set);
  }
  const isBare = typeof object === "function" && keys.length <= FUNCTION_KEYS;
  return {
    object,
    prototype,
    isExtensible: isExtensible(object),
    keys,
    properties: isBare ? undefined : properties,
  };
}

function isAsBefore({
  object,
  prototype,
  isExtensible: could,
  keys,
  properties,
}: Subject): boolean {
  if (getPrototypeOf(object) !== prototype || isExtensible(object) !== could) return false;
  const now = ownKeys(object);
  if (now.length !== keys.length) return false;
  if (properties === undefined) return true;
  for (let index = 0; index < keys.length; index++) {
    if (now[index] !== keys[index]) return false;
  }
  for (let index = 0; index < keys.length; index++) {
    const property = getOwnPropertyDescriptor(object, keys[index]!);
    if (property === undefined || !isSame(property, properties[index]!)) return false;
  }
  return true;
}

function isSame(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return (
    is(one.value, other.value) &&
    one.get === other.get &&
    one.set === other.set &&
    one.writable === other.writable &&
    one.enumerable === other.enumerable &&
    one.configurable === other.configurable
  );
}
