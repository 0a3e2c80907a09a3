/** What `defineHook` is given, read alike inside of workflows and outside. */
import { standardOf } from "./standard-schema";

export interface HookTraits {
  schema: unknown;
  name: unknown;
  label: unknown;
}

/** A Standard Schema itself, or what has it as `schema`. */
export function readDefinition(given: unknown): HookTraits {
  if (standardOf(given)) return { schema: given, name: undefined, label: undefined };
  const { schema, name, label, description } = (given ?? {}) as Partial<
    HookTraits & { description: unknown }
  >;
  return { schema: schema ?? undefined, name, label: label ?? description };
}
