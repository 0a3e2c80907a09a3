/**
 * Intrinsics as they were before the workflow's code could replace them. What has to keep working
 * whatever that code does (clock, chance, console, guards) uses these and operators only: no method
 * of an array or a string, no spread and no destructuring of arrays, which ask a replaceable iterator.
 */
export const { apply, construct, deleteProperty, getPrototypeOf, ownKeys } = Reflect;
export const { assign, create, setPrototypeOf } = Object;
export const { isArray } = Array;
export const { floor } = Math;
export const { fromCharCode } = String;
export const { parse: parseJson, stringify: stringifyJson } = JSON;

export const RealmObject = Object;
export const RealmError = Error;
export const RealmTypeError = TypeError;
export const RealmRangeError = RangeError;
export const RealmSyntaxError = SyntaxError;
export const RealmUint8Array = Uint8Array;
export const RealmArrayBuffer = ArrayBuffer;
export const RealmString = String;
export const RealmNumber = Number;
export const RealmMap = Map;
export const RealmWeakMap = WeakMap;
export const RealmProxy = Proxy;

const { defineProperty: defineOwn, getOwnPropertyDescriptor: descriptorOf } = Object;
const { slice, includes } = String.prototype;
const { charCodeAt } = String.prototype;
const { hasOwnProperty, toString } = Object.prototype;
const { toString: numberToString } = Number.prototype;

/** With a descriptor that inherits nothing: `Object.prototype` may have been given a `get`. */
export function defineProperty<T extends object>(
  target: T,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
): T {
  return defineOwn(target, key, bare(descriptor));
}

export function getOwnPropertyDescriptor(
  object: object,
  key: PropertyKey,
): PropertyDescriptor | undefined {
  const descriptor = descriptorOf(object, key);
  return descriptor && bare(descriptor);
}

export function bare(descriptor: PropertyDescriptor): PropertyDescriptor {
  return { __proto__: null, ...descriptor } as PropertyDescriptor;
}

/** Also where the prototype of arrays has been given a setter for the index. */
export function append<T>(list: T[], item: T): void {
  const property = { value: item, writable: true, enumerable: true, configurable: true };
  defineProperty(list, list.length, property);
}

export function sliceText(text: string, from: number, to?: number): string {
  return apply(slice, text, [from, to]);
}

export function codeAt(text: string, index: number): number {
  return apply(charCodeAt, text, [index]);
}

export function hasOwn(object: object, key: PropertyKey): boolean {
  return apply(hasOwnProperty, object, [key]);
}

/** `[object Map]`, or what the object says of itself. */
export function tagOf(object: unknown): string {
  return apply(toString, object, []);
}

export function numberText(value: number, radix: number): string {
  return apply(numberToString, value, [radix]);
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

export function includesText(text: string, part: string): boolean {
  return apply(includes, text, [part]);
}
