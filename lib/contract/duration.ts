/** Durations as people write them: milliseconds, a Date, or text such as "10s", "2 days", "1 month". */
import ms from "ms";

/** A month and a year have the length that most documentation assumes: 30 and 365.25 days. */
const MONTH_MS = 30 * 24 * 60 * 60 * 1000;
/** The last that a Date can be. */
const LAST_MOMENT = 8.64e15;
const MONTHS = /^(-?(?:\d+)?\.?\d+) *(?:months?|mos?)$/i;

type Unit =
  | "Years"
  | "Year"
  | "Yrs"
  | "Yr"
  | "Y"
  | "Months"
  | "Month"
  | "Mos"
  | "Mo"
  | "Weeks"
  | "Week"
  | "W"
  | "Days"
  | "Day"
  | "D"
  | "Hours"
  | "Hour"
  | "Hrs"
  | "Hr"
  | "H"
  | "Minutes"
  | "Minute"
  | "Mins"
  | "Min"
  | "M"
  | "Seconds"
  | "Second"
  | "Secs"
  | "Sec"
  | "s"
  | "Milliseconds"
  | "Millisecond"
  | "Msecs"
  | "Msec"
  | "Ms";
type UnitAnyCase = Unit | Uppercase<Unit> | Lowercase<Unit>;

export type DurationText = `${number}` | `${number}${UnitAnyCase}` | `${number} ${UnitAnyCase}`;

/** Milliseconds of a duration; throws the text that says what is expected. */
export function parseDuration(duration: DurationText | number): number {
  if (typeof duration === "number") {
    if (Number.isFinite(duration) && duration >= 0) return duration;
    throw new Error(
      `Invalid duration: ${duration}. Expected a non-negative finite number of milliseconds.`,
    );
  }
  const value = parseText(duration);
  if (value !== undefined && Number.isFinite(value) && value >= 0) return value;
  throw new Error(
    `Invalid duration: "${duration}". Expected a valid duration string like "1s", "1m", "1h", etc.`,
  );
}

/** The moment that a duration from now, or a Date, stands for: never before it, in whole milliseconds. */
export function parseMoment(when: DurationText | number | Date, now: number): number {
  if (typeof when === "string" || typeof when === "number") {
    const moment = Math.ceil(now + parseDuration(when));
    if (moment <= LAST_MOMENT) return moment;
    throw new Error(
      `Invalid duration: ${when}. Expected a duration that ends before the year 275760.`,
    );
  }
  const moment = timeOf(when);
  if (!Number.isNaN(moment)) return moment;
  throw new Error(
    "Invalid duration parameter. Expected a duration string, number (milliseconds), or Date object.",
  );
}

/** NaN for what is no Date, of whichever realm. */
function timeOf(when: unknown): number {
  try {
    return Date.prototype.getTime.call(when);
  } catch {
    return NaN;
  }
}

function parseText(text: string): number | undefined {
  const months = MONTHS.exec(text);
  if (months) return Number(months[1]) * MONTH_MS;
  // `ms` throws on text that is empty or longer than any duration.
  return text.length > 0 && text.length <= 100 ? ms(text as ms.StringValue) : undefined;
}
