/** The built-in methods that ask for the language or the zone of the machine. */
import { apply, assign } from "./intrinsics";
import { pinLocales, pinZone } from "./locale";

const { toLocaleString, toLocaleDateString, toLocaleTimeString } = Date.prototype;
const { localeCompare, toLocaleLowerCase, toLocaleUpperCase } = String.prototype;
const { toLocaleString: numberToLocaleString } = Number.prototype;
const { toLocaleString: bigintToLocaleString } = BigInt.prototype;
const { supportedLocalesOf: supportedForText } = Intl.Collator;
const { supportedLocalesOf: supportedForDates } = Intl.DateTimeFormat;
const { supportedLocalesOf: supportedForNumbers } = Intl.NumberFormat;

type Arguments = [locales: string, options: object];

// Their optional arguments have defaults, so that the functions have the lengths of the engine's. The
// methods of arrays need no change: they ask those of their elements.
const dateMethods = {
  toLocaleString(this: Date, locales: unknown = undefined, options: unknown = undefined) {
    return apply(toLocaleString, this, forDates(locales, options));
  },
  toLocaleDateString(this: Date, locales: unknown = undefined, options: unknown = undefined) {
    return apply(toLocaleDateString, this, forDates(locales, options));
  },
  toLocaleTimeString(this: Date, locales: unknown = undefined, options: unknown = undefined) {
    return apply(toLocaleTimeString, this, forDates(locales, options));
  },
};

const stringMethods = {
  localeCompare(this: string, that: string, locales: unknown = undefined, options?: object) {
    const pinned = pinLocales(supportedForText, locales) as string;
    return apply(localeCompare, this, [that, pinned, options]);
  },
  toLocaleLowerCase(this: string, locales: unknown = undefined) {
    return apply(toLocaleLowerCase, this, [pinLocales(supportedForText, locales) as string]);
  },
  toLocaleUpperCase(this: string, locales: unknown = undefined) {
    return apply(toLocaleUpperCase, this, [pinLocales(supportedForText, locales) as string]);
  },
};

const numberMethods = {
  toLocaleString(this: number, locales: unknown = undefined, options: unknown = undefined) {
    return apply(numberToLocaleString, this, forNumbers(locales, options));
  },
};

const bigintMethods = {
  toLocaleString(this: bigint, locales: unknown = undefined, options: unknown = undefined) {
    return apply(bigintToLocaleString, this, forNumbers(locales, options));
  },
};

export function installLocaleMethods(): void {
  assign(Date.prototype, dateMethods);
  assign(String.prototype, stringMethods);
  assign(Number.prototype, numberMethods);
  assign(BigInt.prototype, bigintMethods);
}

function forDates(locales: unknown, options: unknown): Arguments {
  return [pinLocales(supportedForDates, locales), pinZone(options)] as Arguments;
}

function forNumbers(locales: unknown, options: unknown): Arguments {
  return [pinLocales(supportedForNumbers, locales), options] as Arguments;
}
