/** A row of the table of types: how the codec knows values of a type, and what it stores of them. */
export interface CodecType {
  /** Stands in stored text for ever. Starts with a capital letter. */
  readonly name: string;
  /** The prototype of its values in this realm; how most values are known without being asked. */
  readonly prototype?: object;
  /** True for a value of the type from whichever realm. Never throws, and believes no name. */
  is(value: object): boolean;
  /** What is stored, each part any value that can be stored itself. */
  toParts(value: object): readonly unknown[];
  /** How many parts come first that are no objects, and that `create` needs (with `fill`). */
  readonly head?: number;
  /**
   * The value from its parts. With `fill` the value is created from the head alone, so that its
   * other parts may refer to it; without, no part may.
   */
  create(parts: readonly unknown[]): object;
  fill?(value: object, parts: readonly unknown[]): void;
  /** Behind the head come names and values in turn; a value that cannot be stored is left out. */
  readonly leavesOut?: boolean;
  /** Refuses values that were given properties of their own: those would be lost. */
  readonly hasNoFields?: boolean;
  /** The way to a part for the path in messages, as an expression: `.get("a")`, or nothing. */
  pathTo?(index: number, parts: readonly unknown[]): string;
}

/** The same row, with what it says about its own values checked. */
export interface TypeRow<V extends object> extends CodecType {
  toParts(value: V): readonly unknown[];
  create(parts: readonly unknown[]): V;
  fill?(value: V, parts: readonly unknown[]): void;
}

/** A part that is text without anything to escape, and may be long. It comes back as a string. */
export class Base64 {
  constructor(readonly text: string) {}
}

/** Stored parts that no version of everstep has written. */
export class MalformedParts {
  constructor(readonly reason: string) {}
}

export function textPart(parts: readonly unknown[], index: number): string {
  const part = parts[index];
  if (typeof part !== "string") throw new MalformedParts(`part ${index} is not text`);
  return part;
}

export function numberPart(parts: readonly unknown[], index: number): number {
  const part = parts[index];
  if (typeof part !== "number") throw new MalformedParts(`part ${index} is not a number`);
  return part;
}

/** True where a method that only works on values with the right inner slot works on this one. */
export function hasSlot(probe: (this: never) => unknown, value: object): boolean {
  try {
    Reflect.apply(probe as () => unknown, value, []);
    return true;
  } catch {
    return false;
  }
}

/** The getter of an accessor property of the language itself. */
export function getterOf(prototype: object, key: PropertyKey): () => unknown {
  const getter = Object.getOwnPropertyDescriptor(prototype, key)?.get;
  if (!getter) throw new TypeError(`${String(key)} is not an accessor`);
  return getter as () => unknown;
}

/** Like an assignment, but never calls a setter, so that `__proto__` is a key like any other. */
export function define(target: object, key: string, value: unknown, enumerable = true): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}
