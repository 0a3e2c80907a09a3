/** The time between two readings of the clock as `console.timeEnd` shows it. */
import { floor, numberText, sliceText } from "./intrinsics";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export function durationText(milliseconds: number): string {
  if (milliseconds < SECOND) return `${milliseconds}ms`;
  const seconds = twoDigits(floor((milliseconds % MINUTE) / SECOND));
  const fraction = sliceText(numberText(1000 + floor(milliseconds % SECOND), 10), 1);
  if (milliseconds < MINUTE) return `${floor(milliseconds / SECOND)}.${fraction}s`;
  const minutes = floor((milliseconds % HOUR) / MINUTE);
  if (milliseconds < HOUR) return `${minutes}:${seconds}.${fraction} (m:ss.mmm)`;
  return `${floor(milliseconds / HOUR)}:${twoDigits(minutes)}:${seconds} (h:mm:ss)`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
