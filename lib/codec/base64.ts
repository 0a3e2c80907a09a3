/** Bytes as text. Node's own conversion where there is one; the sandbox has none. */
import { MalformedParts } from "./codec-type";
import { MAX_TEXT } from "./limits";
import { tooLarge } from "./refusal";

interface NodeBuffer {
  toString(encoding: "base64"): string;
  /** How many bytes were written. */
  write(text: string, encoding: "base64"): number;
}

interface NodeBuffers {
  from(buffer: ArrayBufferLike, offset?: number, length?: number): NodeBuffer;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const PADDING = 61;
/** As many bytes become one call of fromCharCode. */
const CHUNK = 6_144;
const NOT_A_DIGIT = 64;
const VALUES = new Uint8Array(128).fill(NOT_A_DIGIT);
CODES.forEach((code, value) => (VALUES[code] = value));
// The variant for addresses, which Node reads too.
VALUES["-".charCodeAt(0)] = 62;
VALUES["_".charCodeAt(0)] = 63;

const buffers = (globalThis as { Buffer?: NodeBuffers }).Buffer;

export function toBase64(bytes: Uint8Array): string {
  if (bytes.length > MAX_TEXT * 0.75) throw tooLarge();
  if (buffers) {
    return buffers.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
  }
  let text = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += encodeChunk(bytes.subarray(start, start + CHUNK));
  }
  return text;
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const length = (text.length / 4) * 3 - padding;
  if (text.length % 4 !== 0 || length < 0) throw new MalformedParts("not base64");
  const bytes = new Uint8Array(length);
  // Node leaves out what it does not know, and so writes less.
  const written = buffers ? buffers.from(bytes.buffer).write(text, "base64") : decode(bytes, text);
  if (written !== length) throw new MalformedParts("not base64");
  return bytes;
}

function encodeChunk(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let index = 0; index < bytes.length; index += 3) {
    const triple = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    codes[at++] = CODES[triple >> 18]!;
    codes[at++] = CODES[(triple >> 12) & 63]!;
    codes[at++] = index + 1 < bytes.length ? CODES[(triple >> 6) & 63]! : PADDING;
    codes[at++] = index + 2 < bytes.length ? CODES[triple & 63]! : PADDING;
  }
  return String.fromCharCode.apply(null, codes as unknown as number[]);
}

/** How many bytes were written, up to the first that is wrong. */
function decode(bytes: Uint8Array, text: string): number {
  let at = 0;
  for (let index = 0; index < text.length; index += 4) {
    const isLast = index + 4 === text.length;
    let quad = 0;
    for (let digit = index; digit < index + 4; digit++) {
      const code = text.charCodeAt(digit);
      const value = VALUES[code] ?? NOT_A_DIGIT;
      const isPadding = isLast && code === PADDING && digit - index > bytes.length - at;
      if (value === NOT_A_DIGIT && !isPadding) return at;
      quad = (quad << 6) | (value & 63);
    }
    // What lies behind the end of a typed array is not written.
    bytes[at++] = quad >> 16;
    bytes[at++] = (quad >> 8) & 255;
    bytes[at++] = quad & 255;
  }
  return Math.min(at, bytes.length);
}
