/** How globals get their places: writable, configurable and not enumerable, like the built-in ones. */
import { defineProperty } from "./intrinsics";

export function define(target: object, name: PropertyKey, value: unknown): void {
  defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Puts it in the place of a property that is there already and may not be enumerable. */
export function defineConstant(target: object, name: PropertyKey, value: unknown): void {
  defineProperty(target, name, { value, writable: false, configurable: false });
}

/**
 * Makes the value when it is first asked for. It stays an accessor: with a `get` on
 * `Object.prototype`, Node aborts the process when a property of `globalThis` is defined.
 */
export function defineLazy(target: object, name: PropertyKey, make: () => unknown): void {
  let known: { value: unknown } | undefined;
  defineProperty(target, name, {
    get: () => (known ??= { value: make() }).value,
    set(value) {
      known = { value };
    },
    configurable: true,
    enumerable: false,
  });
}

/** The same value each time, made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
