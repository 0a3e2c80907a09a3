/**
 * `defineHook` outside of workflows: payloads are checked, and made what the schema makes of them,
 * before anything is stored.
 */
import type { TypedHook } from "../contract/workflow-api";
import { outside } from "../contract/wrong-place";
import { resumeHook } from "./hooks";

/** What all schema libraries have in common: the Standard Schema interface, version 1. */
interface StandardSchema {
  "~standard": {
    validate(value: unknown): ValidationResult | Promise<ValidationResult>;
  };
}

type ValidationResult = { value: unknown; issues?: undefined } | { issues: readonly unknown[] };

export function defineHook<T = unknown>(definition?: unknown): TypedHook<T> {
  const schema = schemaOf(definition);
  return {
    create() {
      throw outside("defineHook().create()", "workflow");
    },
    async resume(token, payload) {
      return resumeHook(token, schema ? await validated(schema, payload) : payload);
    },
  };
}

/** Given itself, or as `{ schema }`. */
function schemaOf(definition: unknown): StandardSchema | null {
  const { schema } = (definition ?? {}) as { schema?: unknown };
  for (const candidate of [definition, schema]) {
    const standard = (candidate as Partial<StandardSchema> | null | undefined)?.["~standard"];
    if (typeof standard?.validate === "function") return candidate as StandardSchema;
  }
  return null;
}

async function validated(schema: StandardSchema, payload: unknown): Promise<unknown> {
  const result = await schema["~standard"].validate(payload);
  if (result.issues) throw new Error(JSON.stringify(result.issues, null, 2));
  return (result as { value: unknown }).value;
}
