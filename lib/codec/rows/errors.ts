/**
 * Errors. One carries what of it can travel: a field that cannot is left out, so that the failure
 * itself is never lost over it.
 *
 * Stored are the nearest class that the language itself has, then names and values in turn. `+`
 * before a name means that the property can be seen (own and enumerable), `-` that it is hidden.
 */
import type { CodecRealm } from "../codec-realm";
import { type CodecType, define, MalformedParts, textPart, type TypeRow } from "../codec-type";
import { tagOf } from "../describe";
import { propertyPath } from "../refusal";

type ErrorClass = new (message?: string) => Error;
type Fields = Record<string, unknown>;

const STANDARD = [
  "Error",
  "TypeError",
  "RangeError",
  "SyntaxError",
  "ReferenceError",
  "EvalError",
  "URIError",
  "AggregateError",
];
const HIDDEN = ["name", "message", "stack", "cause", "errors", "code"];

const { getPrototypeOf, hasOwn } = Object;
const isEnumerable = Object.prototype.propertyIsEnumerable;

/**
 * True for errors of any realm, and for objects that older code makes from `Error.prototype`. Errors
 * of the language need no tag of their own: an object that has one only calls itself an error.
 */
export function isError(value: object): boolean {
  try {
    const tag = tagOf(value);
    if (tag === "DOMException" || (tag === "Error" && !(Symbol.toStringTag in value))) return true;
    return Error.prototype.isPrototypeOf(value);
  } catch {
    return false;
  }
}

/** The nearest class of an error that every realm has. */
export function standardNameOf(error: object): string {
  for (let proto = getPrototypeOf(error) as object | null; proto; proto = getPrototypeOf(proto)) {
    const { constructor } = proto as { constructor?: { name?: unknown } };
    const name = constructor?.name;
    // The standard prototypes alone have both; a class of the same name has neither.
    const isStandard = hasOwn(proto, "message") && hasOwn(proto, "name");
    if (isStandard && typeof name === "string" && STANDARD.includes(name)) return name;
  }
  return "Error";
}

export function createStandardError(name: string): Error {
  const known = STANDARD.includes(name) ? name : "Error";
  const constructor = (globalThis as unknown as Record<string, ErrorClass>)[known]!;
  // The first argument of AggregateError is its list.
  const error = known === "AggregateError" ? new constructor([] as never) : new constructor();
  // Where it is read is nobody's business, and differs from replay to replay.
  define(error, "stack", "", false);
  return error;
}

export const ERROR: TypeRow<Error> = {
  name: "Error",
  is: isError,
  leavesOut: true,
  toParts(error) {
    const standard = standardNameOf(error);
    return [standard, ...hiddenParts(error, standard, HIDDEN), ...fieldParts(error)];
  },
  head: 1,
  create: (parts) => createStandardError(textPart(parts, 0)),
  fill: (error, parts) => fillError(error, parts, 1),
  pathTo: (index, parts) => propertyPath(String(parts[index - 1]).slice(1)),
};

/** Its name and message are no properties. Without the class it is an Error of that name. */
export function domExceptionType(realm: CodecRealm): CodecType {
  const constructor = realm.webClass("DOMException");
  const prototype = constructor?.prototype;
  return {
    name: "DOMException",
    ...(prototype ? { prototype } : {}),
    is: (value) => Object.getPrototypeOf(value) === prototype || tagOf(value) === "DOMException",
    leavesOut: true,
    toParts(error) {
      const { name, message } = error as Error;
      const hidden = hiddenParts(error, name, ["stack", "cause"]);
      return [String(name), String(message), ...hidden, ...fieldParts(error)];
    },
    head: 2,
    create(parts) {
      const [name, message] = [textPart(parts, 0), textPart(parts, 1)];
      if (constructor) return new constructor(message, name);
      const error = createStandardError("Error");
      define(error, "name", name, false);
      define(error, "message", message, false);
      return error;
    },
    fill: (error, parts) => fillError(error, parts, 2),
    pathTo: (index, parts) => propertyPath(String(parts[index - 1]).slice(1)),
  };
}

function hiddenParts(error: object, standard: string, names: readonly string[]): unknown[] {
  const parts: unknown[] = [];
  for (const name of names) {
    if (isEnumerable.call(error, name)) continue;
    const { value, isRead } = read(error, name);
    if (isRead && belongs(error, name, value, standard)) parts.push(`-${name}`, value);
  }
  return parts;
}

function belongs(error: object, name: string, value: unknown, standard: string): boolean {
  if (name === "name") return value !== standard;
  if (name === "stack") return typeof value === "string";
  // A getter of this name makes a second list of what the fields hold.
  if (name === "errors") return hasOwn(error, name);
  return hasOwn(error, name) || (value !== undefined && value !== "");
}

function fieldParts(error: object): unknown[] {
  const parts: unknown[] = [];
  for (const name of Object.keys(error)) {
    const { value, isRead } = read(error, name);
    if (isRead) parts.push(`+${name}`, value);
  }
  return parts;
}

/** A getter that throws is a field that cannot travel. */
function read(error: object, name: string): { value?: unknown; isRead: boolean } {
  try {
    return { value: (error as Fields)[name], isRead: true };
  } catch {
    return { isRead: false };
  }
}

function fillError(error: object, parts: readonly unknown[], head: number): void {
  for (let index = head; index < parts.length; index += 2) {
    const name = textPart(parts, index);
    const isHidden = name.startsWith("-") && HIDDEN.includes(name.slice(1));
    if (!isHidden && !name.startsWith("+")) throw new MalformedParts("a field without a name");
    if (index + 1 === parts.length) throw new MalformedParts("a field without a value");
    define(error, name.slice(1), parts[index + 1], !isHidden);
  }
}
