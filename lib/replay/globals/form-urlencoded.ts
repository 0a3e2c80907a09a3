/** `application/x-www-form-urlencoded`, in which the query of a URL is written. */
import { RealmUint8Array } from "./intrinsics";
import type { Pair } from "./pairs";
import { decodeUtf8, encodeUtf8 } from "./utf8";

const HEX = "0123456789ABCDEF";
const PERCENT = 37;
const PLUS = 43;
const SPACE = 32;

export function parsePairs(query: string): Pair[] {
  const parts = query.split("&").filter((part) => part !== "");
  return parts.map((part) => {
    const equals = part.indexOf("=");
    if (equals === -1) return [decode(part), ""];
    return [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
  });
}

export function serializePairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}

function encode(text: string): string {
  let result = "";
  for (const byte of encodeUtf8(text)) {
    if (byte === SPACE) result += "+";
    else if (isPlain(byte)) result += String.fromCharCode(byte);
    else result += `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  }
  return result;
}

/** Letters, digits and `*-._` stand for themselves. */
function isPlain(byte: number): boolean {
  const isLetter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
  const isDigit = byte >= 48 && byte <= 57;
  return isLetter || isDigit || byte === 42 || byte === 45 || byte === 46 || byte === 95;
}

function decode(text: string): string {
  const bytes = encodeUtf8(text);
  const decoded = new RealmUint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const high = byte === PERCENT ? hexDigit(bytes[at + 1]) : -1;
    const low = byte === PERCENT ? hexDigit(bytes[at + 2]) : -1;
    if (high !== -1 && low !== -1) at += 2;
    decoded[length++] = high !== -1 && low !== -1 ? high * 16 + low : byte === PLUS ? SPACE : byte;
  }
  return decodeUtf8(new RealmUint8Array(decoded.buffer, 0, length));
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
