/** UTF-8 between text and bytes, by the rules of the Encoding standard. */
import { type Bytes, copyBytes } from "./bytes";
import { codeAt, RealmUint8Array } from "./intrinsics";

const REPLACEMENT = 0xfffd;

/** Halves of a pair that stand alone become the replacement character. */
export function encodeUtf8(text: string): Bytes {
  const bytes = new RealmUint8Array(text.length * 3);
  const { written } = encodeUtf8Into(text, bytes);
  return copyBytes(new RealmUint8Array(bytes.buffer, 0, written));
}

/** As many whole characters as there is room for; `read` counts units of the text. */
export function encodeUtf8Into(text: string, bytes: Bytes): { read: number; written: number } {
  let read = 0;
  let written = 0;
  while (read < text.length) {
    const point = pointAt(text, read);
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (written + size > bytes.length) break;
    if (size === 1) {
      bytes[written++] = point;
    } else {
      bytes[written++] = (LEAD[size] ?? 0) | (point >> (6 * (size - 1)));
      for (let left = size - 2; left >= 0; left--) {
        bytes[written++] = 0x80 | ((point >> (6 * left)) & 0x3f);
      }
    }
    read += size === 4 ? 2 : 1;
  }
  return { read, written };
}

/** What the first byte of a character of so many bytes starts with. */
const LEAD: Record<number, number> = { 2: 0xc0, 3: 0xe0, 4: 0xf0 };

function pointAt(text: string, at: number): number {
  const unit = codeAt(text, at);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  const next = at + 1 < text.length ? codeAt(text, at + 1) : 0;
  const isPair = unit < 0xdc00 && next >= 0xdc00 && next <= 0xdfff;
  return isPair ? 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : REPLACEMENT;
}

/** Decodes piece by piece: a character may be spread over two pieces. */
export class Utf8Decoder {
  private point = 0;
  private needed = 0;
  private seen = 0;
  /** The range in which the next byte has to lie. */
  private lower = 0x80;
  private upper = 0xbf;

  constructor(
    private readonly emit: (point: number) => void,
    private readonly fail: () => void,
  ) {}

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.needed === 0) this.start(bytes[at++] ?? 0);
      else if (this.goOn(bytes[at] ?? 0)) at++;
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.needed > 0) this.fail();
    this.reset();
  }

  private start(byte: number): void {
    if (byte < 0x80) {
      this.emit(byte);
    } else if (byte >= 0xc2 && byte <= 0xdf) {
      this.expect(1, byte & 0x1f);
    } else if (byte >= 0xe0 && byte <= 0xef) {
      this.expect(2, byte & 0xf);
      if (byte === 0xe0) this.lower = 0xa0;
      if (byte === 0xed) this.upper = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.expect(3, byte & 0x7);
      if (byte === 0xf0) this.lower = 0x90;
      if (byte === 0xf4) this.upper = 0x8f;
    } else {
      this.fail();
    }
  }

  private expect(bytes: number, bits: number): void {
    this.needed = bytes;
    this.point = bits;
  }

  /** False if the byte does not belong to the character, and starts one of its own. */
  private goOn(byte: number): boolean {
    if (byte < this.lower || byte > this.upper) {
      this.reset();
      this.fail();
      return false;
    }
    this.lower = 0x80;
    this.upper = 0xbf;
    this.point = (this.point << 6) | (byte & 0x3f);
    if (++this.seen === this.needed) {
      const point = this.point;
      this.reset();
      this.emit(point);
    }
    return true;
  }

  private reset(): void {
    this.point = this.needed = this.seen = 0;
    this.lower = 0x80;
    this.upper = 0xbf;
  }
}

/** All at once; what is no UTF-8 becomes the replacement character, and a mark at the start stays. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  const decoder = new Utf8Decoder(
    (point) => (text += String.fromCodePoint(point)),
    () => (text += String.fromCharCode(REPLACEMENT)),
  );
  decoder.write(bytes);
  decoder.end();
  return text;
}
