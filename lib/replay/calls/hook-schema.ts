/**
 * The schema of a hook, as the workflow gives it: what of it is stored for those who send payloads,
 * and what it does to a payload that comes.
 *
 * - Every path asks a schema for the same things in the same order, live or replayed: it is code of
 *   the user. What it says of itself is asked once in a run.
 * - Where a sender's schema has checked the payload, the hook's own is not asked: what it would see
 *   is what was made of the payload, and not what was sent.
 */
import { HookPayloadError, WorkflowRuntimeError } from "../../contract/error";
import {
  type StandardProps,
  standardOf,
  type ValidationResult,
} from "../../contract/standard-schema";
import { apply, isArray, RealmWeakMap, stringifyJson } from "../globals/intrinsics";

const RealmPromise = Promise;
const thenOf = Promise.prototype.then;
const TARGET = "draft-2020-12";

export interface HookSchema {
  /** A JSON Schema as JSON, where there is one. */
  stored: string | undefined;
  /** Makes of a payload what the workflow gets, or throws. */
  receive(payload: unknown, hook: string): unknown;
}

export class HookSchemas {
  private readonly known = new RealmWeakMap<object, HookSchema>();

  read(schema: unknown): HookSchema {
    const isObject = typeof schema === "object" && schema !== null && !isArray(schema);
    const standard = standardOf(schema);
    if (!isObject && !standard) {
      throw invalid("must be a Standard Schema or a JSON Schema object");
    }
    const key = schema as object;
    const known = this.known.get(key);
    if (known) return known;
    const read = standard ? fromStandard(key, standard) : fromJson(key);
    this.known.set(key, read);
    return read;
  }
}

function fromJson(schema: object): HookSchema {
  let stored: string | undefined;
  try {
    stored = textOf(schema);
  } catch (error) {
    throw invalid(`cannot be stored: ${(error as Error).message}`);
  }
  if (stored === undefined) throw invalid("cannot be stored: it is nothing as JSON");
  return { stored, receive: (payload) => payload };
}

function fromStandard(schema: object, standard: NonNullable<ReturnType<typeof standardOf>>) {
  return {
    stored: describeStandard(schema, standard),
    receive: (payload: unknown, hook: string) => validated(standard, payload, hook),
  };
}

/** What a library cannot say as JSON Schema is not said; its own check still counts. */
function describeStandard(
  schema: object,
  { jsonSchema }: NonNullable<ReturnType<typeof standardOf>>,
): string | undefined {
  const { toJSONSchema } = schema as { toJSONSchema?: unknown };
  try {
    if (jsonSchema?.input) return textOf(jsonSchema.input({ target: TARGET }));
    if (typeof toJSONSchema === "function") return textOf(apply(toJSONSchema, schema, []));
  } catch {
    // For example a date, which JSON does not have.
  }
  return undefined;
}

/** One that answers later is for senders, who can wait: see `defineHook().resume()`. */
function validated({ validate }: StandardProps, payload: unknown, hook: string): unknown {
  const result = validate(payload);
  if (result instanceof RealmPromise) {
    void apply(thenOf, result, [ignore, ignore]);
    return payload;
  }
  const { issues, value } = result as ValidationResult<unknown> & { value?: unknown };
  if (issues) throw HookPayloadError.of(hook, issues);
  return value;
}

function ignore(): void {
  // Its answer comes too late to be heard.
}

/** Only what JSON can say: a schema of another make would lose what it checks, and nobody the wiser. */
function textOf(schema: unknown): string | undefined {
  return stringifyJson(schema, (key, value: unknown) => {
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") {
      throw new TypeError(`"${key}" is a ${typeof value}`);
    }
    return value;
  });
}

function invalid(why: string): WorkflowRuntimeError {
  return new WorkflowRuntimeError("HOOK_SCHEMA_INVALID", `The \`schema\` of a hook ${why}`);
}
