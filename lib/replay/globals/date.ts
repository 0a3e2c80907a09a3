/** `Date` with the clock of the run (R5), in UTC. Its instances are the engine's own. */
import { dateMethods } from "./date-methods";
import { parseDate } from "./date-parse";
import { dateAndTimeText } from "./date-text";
import { define, defineConstant, describe } from "./define";
import { now } from "./guarded-host";
import { apply, assign, construct, isObject, RealmTypeError } from "./intrinsics";

const EngineDate = Date;
const { UTC, prototype } = EngineDate;
const { getTime } = prototype;
const toPrimitive: typeof Symbol.toPrimitive = Symbol.toPrimitive;

const statics = {
  now: () => now(),
  parse: (text: unknown) => parseDate(`${text as string}`),
};

export function installDate(scope: object): void {
  // A function and not a class, since `Date()` without `new` is a text.
  function Date(...parts: unknown[]): unknown {
    if (new.target) return construct(EngineDate, [timeOf(parts)], new.target);
    return dateAndTimeText(new EngineDate(now()));
  }
  defineConstant(Date, "prototype", prototype);
  // A bundler may have changed it, since the engine's own is used here too.
  describe(Date, "name", "Date");
  describe(Date, "length", 7);
  define(Date, "now", statics.now);
  define(Date, "parse", statics.parse);
  define(Date, "UTC", UTC);
  assign(prototype, dateMethods, { constructor: Date });
  define(scope, "Date", Date);
}

function timeOf(parts: unknown[]): number {
  if (parts.length === 0) return now();
  if (parts.length > 1) return apply(UTC, undefined, parts) as number;
  const value = valueOf(parts[0]);
  return typeof value === "string" ? parseDate(value) : +(value as number);
}

/** What a date is made of, if it is one; otherwise the primitive that the object stands for. */
function valueOf(value: unknown): unknown {
  if (!isObject(value)) return value;
  try {
    return apply(getTime, value, []);
  } catch {
    return primitiveOf(value as Convertible);
  }
}

interface Convertible {
  [Symbol.toPrimitive]?: unknown;
  valueOf: unknown;
  toString: unknown;
}

function primitiveOf(value: Convertible): unknown {
  const convert = value[toPrimitive];
  let result: unknown = value;
  if (convert !== undefined && convert !== null) {
    result = apply(convert as () => unknown, value, ["default"]);
  } else {
    if (typeof value.valueOf === "function") result = apply(value.valueOf, value, []);
    if (isObject(result) && typeof value.toString === "function") {
      result = apply(value.toString, value, []);
    }
  }
  if (isObject(result)) throw new RealmTypeError("Cannot convert object to primitive value");
  return result;
}
