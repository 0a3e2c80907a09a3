/**
 * `process`, of which only `env` exists. Each variable is asked of the host when it is first read,
 * and the host records the answer (R5). To the workflow it is a frozen object (SG-10).
 */
import { environment } from "./guarded-host";
import { bare, create, defineProperty, hasOwn, ownKeys, RealmProxy } from "./intrinsics";

const { prototype } = Object;

export function makeProcess(): object {
  const fake = {};
  defineProperty(fake, "env", { value: makeEnvironment(), enumerable: true });
  return fake;
}

function makeEnvironment(): object {
  /** What was read and has a value: what there is to list. */
  const known = create(null) as Record<string, string>;
  const read = (name: PropertyKey): string | undefined => {
    if (typeof name !== "string" || hasOwn(prototype, name)) return undefined;
    const value = environment(name);
    if (value !== undefined) known[name] = value;
    return value;
  };
  return new RealmProxy({} as Record<PropertyKey, unknown>, {
    get: (target, name) => read(name) ?? target[name],
    has: (target, name) => read(name) !== undefined || name in target,
    ownKeys: () => ownKeys(known),
    getOwnPropertyDescriptor(_target, name) {
      const value = read(name);
      if (value === undefined) return undefined;
      return bare({ value, writable: false, enumerable: true, configurable: true });
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
    setPrototypeOf: () => false,
  });
}
