/**
 * Whether a payload is what the JSON Schema of its hook asks for.
 *
 * The validator is loaded with the first hook that has a schema, and makes code of each schema once.
 * It fetches nothing: what a schema refers to has to be in it.
 */
import type { Ajv, AnySchemaObject, ErrorObject, ValidateFunction } from "ajv";
import type { Ajv2020 } from "ajv/dist/2020";
import { createRequire } from "node:module";
import { HookPayloadError, WorkflowRuntimeError } from "../contract/error";
import type { PayloadIssue } from "../contract/standard-schema";

const load = createRequire(__filename);

/** Schemas that say it keep to an older draft. */
const OLDER_DRAFT = /json-schema\.org\/draft-0[67]\//;
const OPTIONS = { strict: false, allErrors: true, validateFormats: false, logger: false } as const;

/** Compiled schemas, by their text; the one that was made first goes first. */
const compiled = new Map<string, ValidateFunction>();
const MOST_COMPILED = 200;

/** Throws a `HookPayloadError`, or what is wrong with the schema itself. */
export function checkPayload(schema: string, payload: unknown, hook: string | undefined): void {
  const validate = compiledOf(schema, hook);
  if (validate(payload) !== true) throw HookPayloadError.of(hook, issuesOf(validate.errors ?? []));
}

function compiledOf(text: string, hook: string | undefined): ValidateFunction {
  const known = compiled.get(text);
  if (known) return known;
  const validate = compile(text, hook);
  if (compiled.size >= MOST_COMPILED) compiled.delete(compiled.keys().next().value!);
  compiled.set(text, validate);
  return validate;
}

function compile(text: string, hook: string | undefined): ValidateFunction {
  try {
    const schema = JSON.parse(text) as AnySchemaObject;
    if (schema.$async) throw new Error("it says $async, and payloads are checked at once");
    // Each has a validator of its own, so that two may have the same `$id`.
    return validatorFor(String(schema.$schema)).compile(schema);
  } catch (cause) {
    const name = hook === undefined ? "the hook" : `hook "${hook}"`;
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The schema of ${name} cannot be used: ${why}`;
    throw new WorkflowRuntimeError("HOOK_SCHEMA_INVALID", message, { cause });
  }
}

function validatorFor(draft: string): Ajv {
  if (OLDER_DRAFT.test(draft)) {
    const { Ajv: Validator } = load("ajv") as { Ajv: typeof Ajv };
    return new Validator(OPTIONS);
  }
  const { Ajv2020: Validator } = load("ajv/dist/2020") as { Ajv2020: typeof Ajv2020 };
  return new Validator(OPTIONS);
}

function issuesOf(errors: readonly ErrorObject[]): PayloadIssue[] {
  return errors.map(({ instancePath, message = "is not allowed", params }) => ({
    message: `${message}${detailOf(params)}`,
    path: instancePath.split("/").slice(1).map(keyOf),
  }));
}

function keyOf(segment: string): string | number {
  if (/^\d+$/.test(segment)) return Number(segment);
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** What the message leaves out. */
function detailOf({ allowedValues, additionalProperty }: ErrorObject["params"]): string {
  if (allowedValues !== undefined) return `: ${JSON.stringify(allowedValues)}`;
  return additionalProperty === undefined ? "" : `: "${String(additionalProperty)}"`;
}
