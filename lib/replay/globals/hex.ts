/** Hex between bytes and text, with the rules of `Uint8Array.fromHex`. */
import type { Decoded } from "./base64";
import type { Bytes } from "./bytes";
import { codeAt, RealmArrayBuffer, RealmUint8Array } from "./intrinsics";

const DIGITS = "0123456789abcdef";
const BAD_CHARACTER = "Found a character that cannot be part of a valid hex string.";
const ODD_LENGTH = "The hex string has an odd number of characters.";

export function encodeHex(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    text += DIGITS[byte >> 4];
    text += DIGITS[byte & 15];
  }
  return text;
}

/** At most `limit` bytes. */
export function decodeHex(text: string, limit = text.length): Decoded {
  const buffer = new RealmArrayBuffer(text.length >> 1);
  const bytes = new RealmUint8Array(buffer);
  let count = 0;
  let problem = text.length % 2 === 0 ? undefined : ODD_LENGTH;
  while (problem === undefined && count < limit && count < bytes.length) {
    const high = digitOf(codeAt(text, 2 * count));
    const low = digitOf(codeAt(text, 2 * count + 1));
    if (high === -1 || low === -1) problem = BAD_CHARACTER;
    else bytes[count++] = high * 16 + low;
  }
  return { bytes: new RealmUint8Array(buffer, 0, count), read: 2 * count, problem };
}

function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return code >= 65 && code <= 70 ? code - 55 : -1;
}
