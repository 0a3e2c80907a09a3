/**
 * How a rich value is written into JSON. All marks are strings that start with `~`; a string of the
 * user that does is written with one more. An array whose first item is `~` and a capital letter is
 * a row of the table of types; nothing else needs to be told apart, keys least of all.
 */
import { MAX_BIGINT_DIGITS } from "./limits";
import { tooLarge } from "./refusal";

export const MARK = "~".charCodeAt(0);

export const UNDEFINED = "~undefined";
/** Before the number of an object that was met before. */
export const MENTION = "~#";
/** Before the number of a line behind the JSON. */
export const LINE = "~@";

const NOT_A_NUMBER = "~nan";
const INFINITY = "~infinity";
const NEGATIVE_INFINITY = "~-infinity";
const NEGATIVE_ZERO = "~-0";
const BIGINT = /^~(-?)0x([0-9a-f]+)$/;
const MAX_BIGINT_BITS = 4 * MAX_BIGINT_DIGITS;

/** The two forms of a stored text: its first two characters. */
export const PLAIN = "1j";
export const RICH = "1r";

/** For the numbers that JSON has no form for. */
export function markNumber(value: number): string {
  if (value === 0) return NEGATIVE_ZERO;
  if (value > 0) return INFINITY;
  return value < 0 ? NEGATIVE_INFINITY : NOT_A_NUMBER;
}

/** In hexadecimal digits: decimal ones take a time that grows with the square of their number. */
export function markBigint(value: bigint): string {
  if (BigInt.asIntN(64, value) !== value && BigInt.asIntN(MAX_BIGINT_BITS, value) !== value) {
    const most = MAX_BIGINT_DIGITS.toLocaleString("en-US");
    throw tooLarge(`a bigint of more than ${most} hexadecimal digits`);
  }
  return value < 0n ? `~-0x${(-value).toString(16)}` : `~0x${value.toString(16)}`;
}

/** The value that a mark stands for by itself, or null where it is none of those. */
export function unmark(mark: string): { value: undefined | number | bigint } | null {
  switch (mark) {
    case UNDEFINED:
      return { value: undefined };
    case NOT_A_NUMBER:
      return { value: NaN };
    case INFINITY:
      return { value: Infinity };
    case NEGATIVE_INFINITY:
      return { value: -Infinity };
    case NEGATIVE_ZERO:
      return { value: -0 };
    default:
      return unmarkBigint(mark);
  }
}

function unmarkBigint(mark: string): { value: bigint } | null {
  if (mark.length > MAX_BIGINT_DIGITS + 4) return null;
  const [, sign, digits] = BIGINT.exec(mark) ?? [];
  if (digits === undefined) return null;
  const value = BigInt(`0x${digits}`);
  return { value: sign === "-" ? -value : value };
}
