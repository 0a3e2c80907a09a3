/** The user classes of the bundle, for values that are their instances. */
import type { Prelude } from "../../contract/prelude";

export interface ClassRegistry {
  add: Prelude["class"];
  idOf(constructor: object): string | null;
  find(id: string): object | null;
}

export function createClassRegistry(): ClassRegistry {
  const byId = new Map<string, object>();
  const ids = new WeakMap<object, string>();
  return {
    add(id, fn) {
      byId.set(id, fn);
      ids.set(fn, id);
      return fn;
    },
    idOf: (constructor) => ids.get(constructor) ?? null,
    find: (id) => byId.get(id) ?? null,
  };
}
