/** The texts of a date, which the engine would write in the zone and language of the machine. */
import { apply, sliceText } from "./intrinsics";

const { toUTCString } = Date.prototype;

const INVALID = "Invalid Date";

export function dateAndTimeText(date: Date): string {
  const text = apply(toUTCString, date, []) as string;
  return text === INVALID ? text : `${datePart(text)} ${timePart(text)}`;
}

export function dateText(date: Date): string {
  const text = apply(toUTCString, date, []) as string;
  return text === INVALID ? text : datePart(text);
}

export function timeText(date: Date): string {
  const text = apply(toUTCString, date, []) as string;
  return text === INVALID ? text : timePart(text);
}

/** `Thu Jan 01 1970` from `Thu, 01 Jan 1970 00:00:00 GMT`; the year may have more digits. */
function datePart(text: string): string {
  const weekday = sliceText(text, 0, 3);
  const month = sliceText(text, 8, 11);
  return `${weekday} ${month} ${sliceText(text, 5, 7)} ${sliceText(text, 12, -13)}`;
}

function timePart(text: string): string {
  return `${sliceText(text, -12, -4)} GMT+0000 (Coordinated Universal Time)`;
}
