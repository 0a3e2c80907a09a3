/** `Temporal`, where the engine has it: the run's clock, UTC and en-US. */
import { define } from "./define";
import { now } from "./guarded-host";
import { apply, floor, hasOwn } from "./intrinsics";
import { pinLocales, pinZone, ZONE } from "./locale";

const { supportedLocalesOf } = Intl.DateTimeFormat;

type Convert<R> = (this: unknown, ...args: unknown[]) => R;
type ToZoned = Record<"toZonedDateTimeISO", Convert<object>>;
type ToPlain = Record<"toPlainDate" | "toPlainDateTime" | "toPlainTime", Convert<object>>;

interface TemporalClass {
  prototype: { toLocaleString: Convert<string> };
}

export interface TemporalNamespace extends Record<string, unknown> {
  Now: object;
  Instant: { fromEpochMilliseconds(time: number): unknown; prototype: object };
  ZonedDateTime: { prototype: object };
}

/** Those that show a moment or a part of one, for which a zone may have to be given. */
const WITHOUT_ZONE = [
  ...["Instant", "PlainDate", "PlainDateTime", "PlainMonthDay", "PlainTime", "PlainYearMonth"],
];
const WITH_ZONE = ["Duration", "ZonedDateTime"];

export function pinTemporal(temporal: TemporalNamespace): void {
  pinClock(temporal);
  pinTexts(temporal, WITHOUT_ZONE, pinZone);
  pinTexts(temporal, WITH_ZONE, (options) => options);
}

function pinClock({ Now, Instant, ZonedDateTime }: TemporalNamespace): void {
  const { fromEpochMilliseconds } = Instant;
  const { toZonedDateTimeISO } = Instant.prototype as ToZoned;
  const { toPlainDate, toPlainDateTime, toPlainTime } = ZonedDateTime.prototype as ToPlain;
  const instant = () => apply(fromEpochMilliseconds, Instant, [floor(now())]);
  const zoned = (zone: unknown) => apply(toZonedDateTimeISO, instant(), [zone]);
  const members = {
    instant: () => instant(),
    timeZoneId: () => ZONE,
    zonedDateTimeISO: (zone: unknown = ZONE) => zoned(zone),
    plainDateISO: (zone: unknown = ZONE) => apply(toPlainDate, zoned(zone), []),
    plainDateTimeISO: (zone: unknown = ZONE) => apply(toPlainDateTime, zoned(zone), []),
    plainTimeISO: (zone: unknown = ZONE) => apply(toPlainTime, zoned(zone), []),
  };
  for (const name in members) {
    if (hasOwn(members, name)) define(Now, name, members[name as keyof typeof members]);
  }
}

type PinOptions = (options: unknown) => unknown;

function pinTexts(temporal: TemporalNamespace, names: string[], pinOptions: PinOptions): void {
  for (let index = 0; index < names.length; index++) {
    pinText(temporal[names[index] as string] as TemporalClass, pinOptions);
  }
}

function pinText({ prototype }: TemporalClass, pinOptions: PinOptions): void {
  const { toLocaleString } = prototype;
  const method = {
    toLocaleString(this: unknown, locales: unknown = undefined, options: unknown = undefined) {
      const pinned = pinLocales(supportedLocalesOf, locales);
      return apply(toLocaleString, this, [pinned, pinOptions(options)]);
    },
  };
  prototype.toLocaleString = method.toLocaleString;
}
