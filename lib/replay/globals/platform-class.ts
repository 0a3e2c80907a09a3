/**
 * The classes that are installed here and are not of the language: how the console shows their
 * instances, and whether `structuredClone` copies them. Each registers when it is made.
 */
import { define, describe } from "./define";
import {
  apply,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  ownKeys,
  RealmTypeError,
  RealmWeakMap,
} from "./intrinsics";

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
  needArguments(prototype);
  const { name } = platformClass;
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** Methods refuse to be called with fewer arguments than they name, as those of the web do. */
function needArguments(prototype: object): void {
  const keys = ownKeys(prototype);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as PropertyKey;
    const method: unknown = getOwnPropertyDescriptor(prototype, key)?.value;
    if (typeof method === "function" && key !== "constructor" && method.length > 0) {
      define(prototype, key, counting(method as Method, `${method.name}`));
    }
  }
}

type Method = (...args: unknown[]) => unknown;

function counting(method: Method, name: string): Method {
  const members = {
    [name](...args: unknown[]): unknown {
      if (args.length >= method.length) return apply(method, this, args);
      throw new RealmTypeError(`${name}() needs ${method.length} arguments`);
    },
  };
  const counted = members[name] as Method;
  describe(counted, "length", method.length);
  return counted;
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
