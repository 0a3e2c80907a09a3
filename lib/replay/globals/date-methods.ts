/** The methods of dates that depend on the zone of the machine: here each is its twin for UTC. */
import { dateAndTimeText, dateText, timeText } from "./date-text";
import { describe } from "./define";
import { apply } from "./intrinsics";

const { getTime, getUTCDate, getUTCDay, getUTCFullYear, getUTCHours } = Date.prototype;
const { getUTCMilliseconds, getUTCMinutes, getUTCMonth, getUTCSeconds } = Date.prototype;
const { setUTCDate, setUTCFullYear, setUTCHours, setUTCMilliseconds } = Date.prototype;
const { setUTCMinutes, setUTCMonth, setUTCSeconds } = Date.prototype;

// Setters that take more than one part leave alone what they are not given, so the number of
// arguments is passed on.
type Parts = [number];

export const dateMethods = {
  getDate(this: Date): number {
    return apply(getUTCDate, this, []);
  },
  getDay(this: Date): number {
    return apply(getUTCDay, this, []);
  },
  getFullYear(this: Date): number {
    return apply(getUTCFullYear, this, []);
  },
  getHours(this: Date): number {
    return apply(getUTCHours, this, []);
  },
  getMilliseconds(this: Date): number {
    return apply(getUTCMilliseconds, this, []);
  },
  getMinutes(this: Date): number {
    return apply(getUTCMinutes, this, []);
  },
  getMonth(this: Date): number {
    return apply(getUTCMonth, this, []);
  },
  getSeconds(this: Date): number {
    return apply(getUTCSeconds, this, []);
  },
  getYear(this: Date): number {
    return apply(getUTCFullYear, this, []) - 1900;
  },
  getTimezoneOffset(this: Date): number {
    const time = apply(getTime, this, []);
    return time === time ? 0 : time;
  },
  setDate(this: Date, date: number): number {
    return apply(setUTCDate, this, [date]);
  },
  setFullYear(this: Date, ...parts: Parts): number {
    return apply(setUTCFullYear, this, parts);
  },
  setHours(this: Date, ...parts: Parts): number {
    return apply(setUTCHours, this, parts);
  },
  setMilliseconds(this: Date, milliseconds: number): number {
    return apply(setUTCMilliseconds, this, [milliseconds]);
  },
  setMinutes(this: Date, ...parts: Parts): number {
    return apply(setUTCMinutes, this, parts);
  },
  setMonth(this: Date, ...parts: Parts): number {
    return apply(setUTCMonth, this, parts);
  },
  setSeconds(this: Date, ...parts: Parts): number {
    return apply(setUTCSeconds, this, parts);
  },
  setYear(this: Date, year: number): number {
    const number = +year;
    const isShort = number > -1 && number < 100;
    return apply(setUTCFullYear, this, [isShort ? 1900 + (number | 0) : number]);
  },
  toString(this: Date): string {
    return dateAndTimeText(this);
  },
  toDateString(this: Date): string {
    return dateText(this);
  },
  toTimeString(this: Date): string {
    return timeText(this);
  },
};

const { setFullYear, setHours, setMinutes, setMonth, setSeconds } = dateMethods;
describe(setFullYear, "length", 3);
describe(setHours, "length", 4);
describe(setMinutes, "length", 3);
describe(setMonth, "length", 2);
describe(setSeconds, "length", 2);
