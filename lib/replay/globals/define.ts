/** How globals get their places: writable, configurable and not enumerable, like the built-in ones. */
import { append, defineProperty } from "./intrinsics";

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

/** How to undo what was made on demand, so that the next run finds the realm as the first one did. */
let undo: (() => void)[] = [];
let isSpoilt = false;

/** Makes the value when it is first asked for; from then on it is an ordinary property. */
export function defineLazy(target: object, name: PropertyKey, make: () => unknown): void {
  const settle = (value: unknown) => {
    append(undo, () => defineProperty(target, name, lazy));
    define(target, name, value);
  };
  const lazy: PropertyDescriptor = {
    get() {
      const value = make();
      settle(value);
      return value;
    },
    set: settle,
    configurable: true,
    enumerable: false,
  };
  defineProperty(target, name, lazy);
}

/** The same value each time, made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  const forget = () => {
    made = undefined;
  };
  return () => {
    if (!made) {
      made = { value: make() };
      append(undo, forget);
    }
    return made.value;
  };
}

/** For what cannot be undone. */
export function spoil(): void {
  isSpoilt = true;
}

/** Everything that was made on demand is to be made again. False if that cannot be. */
export function forgetMade(): boolean {
  const steps = undo;
  undo = [];
  for (let index = 0; index < steps.length; index++) steps[index]!();
  return !isSpoilt;
}
