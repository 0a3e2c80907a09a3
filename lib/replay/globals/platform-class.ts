/**
 * The classes that are installed here and are not of the language: how the console shows their
 * instances, and whether `structuredClone` copies them. Each registers when it is made.
 */
import { apply, defineProperty, getPrototypeOf, RealmWeakMap } from "./intrinsics";

export interface PlatformClass<T extends object = object> {
  name: string;
  /** What the console shows behind the name. */
  show(instance: T): unknown;
  /** Absent if an instance cannot be copied. */
  clone?(instance: T): T;
}

const LONGEST_CHAIN = 20;

const { get, set } = WeakMap.prototype;
const classes = new RealmWeakMap<object, PlatformClass>();

export function registerClass<T extends object>(
  { prototype }: { prototype: T },
  platformClass: PlatformClass<T>,
): void {
  apply(set, classes, [prototype, platformClass]);
  const { name } = platformClass;
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

export function platformClassOf(instance: object): PlatformClass | undefined {
  let prototype = getPrototypeOf(instance);
  for (let depth = 0; prototype !== null && depth < LONGEST_CHAIN; depth++) {
    const found = apply(get, classes, [prototype]) as PlatformClass | undefined;
    if (found !== undefined) return found;
    prototype = getPrototypeOf(prototype);
  }
  return undefined;
}
