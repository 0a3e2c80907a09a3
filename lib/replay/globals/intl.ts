/** The constructors of `Intl` with a fixed language and zone, and formats that know the run's clock. */
import { define, defineConstant, describe } from "./define";
import { now } from "./guarded-host";
import {
  apply,
  construct,
  defineProperty,
  getOwnPropertyDescriptor,
  ownKeys,
  RealmTypeError,
  RealmWeakMap,
} from "./intrinsics";
import { pinLocales, pinZone } from "./locale";

/** Those that the standard lets be called without `new`. */
const CALLABLE = { __proto__: null, Collator: 1, DateTimeFormat: 1, NumberFormat: 1 } as object;
const WITHOUT_LANGUAGE = { __proto__: null, Locale: 1 } as object;

const { get, set } = WeakMap.prototype;

type Service = ((...args: unknown[]) => object) & {
  prototype: object;
  supportedLocalesOf(locales: string[]): string[];
};

/** Changes the object in place; nothing else leads to its constructors. */
export function pinIntl(intl: object): void {
  const names = ownKeys(intl);
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as PropertyKey;
    const service = (intl as Record<PropertyKey, unknown>)[name];
    if (typeof service !== "function" || typeof name !== "string") continue;
    if (name in WITHOUT_LANGUAGE || service.prototype === undefined) continue;
    define(intl, name, pinned(service as Service, name));
  }
  pinFormats((intl as typeof Intl).DateTimeFormat.prototype);
}

function pinned(service: Service, name: string): unknown {
  const { supportedLocalesOf } = service;
  const takesZone = name === "DateTimeFormat";
  function Pinned(this: unknown, ...given: unknown[]): unknown {
    const options = takesZone ? pinZone(given[1]) : given[1];
    const args = [pinLocales(supportedLocalesOf, given[0]), options];
    if (new.target) return construct(service, args, new.target);
    if (name in CALLABLE) return apply(service, this, args);
    throw new RealmTypeError(`Constructor Intl.${name} requires 'new'`);
  }
  describe(Pinned, "name", name);
  describe(Pinned, "length", service.length);
  defineConstant(Pinned, "prototype", service.prototype);
  define(Pinned, "supportedLocalesOf", supportedLocalesOf);
  define(service.prototype, "constructor", Pinned);
  return Pinned;
}

type Format = (date?: unknown) => string;

/** A format without a date shows the present, which the engine would read from the machine. */
function pinFormats(prototype: Intl.DateTimeFormat): void {
  const { get: getFormat } = getOwnPropertyDescriptor(prototype, "format") as { get(): Format };
  const { formatToParts } = prototype;
  const known = new RealmWeakMap<object, Format>();
  const members = {
    get format(): Format {
      const bound = apply(getFormat, this, []);
      let format = apply(get, known, [bound]) as Format | undefined;
      if (!format) {
        format = (date) => bound(date === undefined ? now() : date);
        describe(format, "name", "");
        apply(set, known, [bound, format]);
      }
      return format;
    },
    formatToParts(date: unknown): Intl.DateTimeFormatPart[] {
      return apply(formatToParts, this, [(date === undefined ? now() : date) as Date]);
    },
  };
  const format = getOwnPropertyDescriptor(members, "format") as PropertyDescriptor;
  defineProperty(prototype, "format", { ...format, enumerable: false });
  define(prototype, "formatToParts", members.formatToParts);
}
