/**
 * Language and zone where the code names none: en-US and UTC, always. The engine would take those of
 * the machine, also for a list of languages of which it knows none.
 */
import { create, defineProperty, isObject, RealmObject } from "./intrinsics";

export const LOCALE = "en-US";
export const ZONE = "UTC";

type SupportedLocalesOf = (locales: string[]) => string[];

/** The languages to pass to the engine, so that it never falls back on its own. */
export function pinLocales(supportedLocalesOf: SupportedLocalesOf, locales: unknown): unknown {
  if (locales === undefined) return LOCALE;
  if (locales === LOCALE) return locales;
  return supportedLocalesOf(locales as string[]).length > 0 ? locales : LOCALE;
}

/** The options with a zone. Others are read from the object itself, as the engine does. */
export function pinZone(options: unknown): unknown {
  if (options === undefined) return { timeZone: ZONE };
  if (options === null) return options;
  const object = (isObject(options) ? options : RealmObject(options)) as { timeZone?: unknown };
  if (object.timeZone !== undefined) return options;
  return defineProperty(create(object) as object, "timeZone", { value: ZONE });
}
