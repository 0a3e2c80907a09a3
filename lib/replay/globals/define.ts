/** How globals get their places: writable, configurable and not enumerable, like the built-in ones. */
import { defineProperty } from "./intrinsics";

export function define(target: object, name: PropertyKey, value: unknown): void {
  defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Puts it in the place of a property that is there already and may not be enumerable. */
export function defineConstant(target: object, name: PropertyKey, value: unknown): void {
  defineProperty(target, name, { value, writable: false, configurable: false });
}

/** The name or the length of a function that stands in the place of the engine's. */
export function describe(fn: object, trait: "name" | "length", value: unknown): void {
  defineProperty(fn, trait, { value, configurable: true });
}

/** Makes the value when it is first asked for; from then on it is an ordinary property. */
export function defineLazy(target: object, name: PropertyKey, make: () => unknown): void {
  defineProperty(target, name, {
    get() {
      const value = make();
      define(target, name, value);
      return value;
    },
    set(value) {
      define(target, name, value);
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
