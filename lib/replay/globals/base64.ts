/** Base64 between bytes and text, with the rules of `Uint8Array.fromBase64` for what is odd. */
import type { Bytes } from "./bytes";
import { codeAt, RealmArrayBuffer, RealmUint8Array } from "./intrinsics";

export type Alphabet = "base64" | "base64url";
/** What becomes of a last group that is not complete. */
export type LastGroup = "loose" | "strict" | "stop-before-partial";

export interface Decoded {
  bytes: Bytes;
  /** How much of the text was used up. */
  read: number;
  /** What is wrong with the rest of the text. */
  problem: string | undefined;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DIGITS = { base64: `${LETTERS}+/`, base64url: `${LETTERS}-_` };
const EQUALS = 61;

const BAD_CHARACTER = "Found a character that cannot be part of a valid base64 string.";
const BAD_PADDING = "The base64 input terminates with an invalid or missing padding.";
const BAD_BITS = "The base64 input ends with bits that are not part of a byte.";

export function encodeBase64(bytes: Bytes, alphabet: Alphabet = "base64", isPadded = true): string {
  const digits = DIGITS[alphabet];
  const padding = isPadded ? "=" : "";
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += digits[bits >> 18];
    text += digits[(bits >> 12) & 63];
    text += left > 1 ? digits[(bits >> 6) & 63] : padding;
    text += left > 2 ? digits[bits & 63] : padding;
  }
  return text;
}

/** At most `limit` bytes; a group of which not all bytes would fit is not read. */
export function decodeBase64(
  text: string,
  alphabet: Alphabet = "base64",
  last: LastGroup = "loose",
  limit = text.length,
): Decoded {
  const decoder = new Decoder(text, alphabet, last, limit);
  const problem = limit === 0 ? undefined : decoder.run();
  const bytes = new RealmUint8Array(decoder.buffer, 0, decoder.count);
  return { bytes, read: decoder.read, problem };
}

class Decoder {
  readonly buffer: ArrayBuffer;
  count = 0;
  read = 0;
  private readonly bytes: Bytes;
  private at = 0;
  /** The digits of the group so far, and how many. */
  private bits = 0;
  private size = 0;

  constructor(
    private readonly text: string,
    private readonly alphabet: Alphabet,
    private readonly last: LastGroup,
    private readonly limit: number,
  ) {
    this.buffer = new RealmArrayBuffer(text.length);
    this.bytes = new RealmUint8Array(this.buffer);
  }

  /** What is wrong, if something is. */
  run(): string | undefined {
    for (;;) {
      this.skipSpace();
      if (this.at === this.text.length) return this.endOfText();
      const code = codeAt(this.text, this.at++);
      if (code === EQUALS) return this.padding();
      const digit = digitOf(code, this.alphabet);
      if (digit === -1) return BAD_CHARACTER;
      const room = this.limit - this.count;
      if ((room === 1 && this.size === 2) || (room === 2 && this.size === 3)) return undefined;
      this.bits = (this.bits << 6) | digit;
      this.size++;
      if (this.size < 4) continue;
      this.write(3);
      this.read = this.at;
      if (this.count === this.limit) return undefined;
    }
  }

  private endOfText(): string | undefined {
    if (this.size > 0 && this.last === "stop-before-partial") return undefined;
    if (this.size === 1 || (this.size > 0 && this.last === "strict")) return BAD_PADDING;
    return this.finish();
  }

  private padding(): string | undefined {
    if (this.size < 2) return BAD_PADDING;
    this.skipSpace();
    if (this.size === 2) {
      const isEnd = this.at === this.text.length;
      if (isEnd) return this.last === "stop-before-partial" ? undefined : BAD_PADDING;
      if (codeAt(this.text, this.at) !== EQUALS) return BAD_PADDING;
      this.at++;
      this.skipSpace();
    }
    return this.at < this.text.length ? BAD_PADDING : this.finish();
  }

  /** The last group, which has one or two bytes if any. */
  private finish(): string | undefined {
    if (this.size > 0) {
      const spare = this.size === 2 ? 15 : 3;
      if (this.last === "strict" && (this.bits & spare) !== 0) return BAD_BITS;
      const bytes = this.size - 1;
      this.bits <<= 6 * (4 - this.size);
      this.write(bytes);
    }
    this.read = this.text.length;
    return undefined;
  }

  private write(bytes: number): void {
    for (let index = 0; index < bytes; index++) {
      this.bytes[this.count++] = (this.bits >> (16 - 8 * index)) & 255;
    }
    this.bits = 0;
    this.size = 0;
  }

  private skipSpace(): void {
    while (isSpace(codeAt(this.text, this.at))) this.at++;
  }
}

function digitOf(code: number, alphabet: Alphabet): number {
  if (code >= 65 && code <= 90) return code - 65;
  if (code >= 97 && code <= 122) return code - 71;
  if (code >= 48 && code <= 57) return code + 4;
  if (code === (alphabet === "base64" ? 43 : 45)) return 62;
  return code === (alphabet === "base64" ? 47 : 95) ? 63 : -1;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13;
}
