/** `TextDecoder` for the encodings that workflows meet: UTF-8, UTF-16 (little endian), Latin 1. */
import { bytesOf } from "./bytes";
import { define } from "./define";
import { RealmRangeError, RealmTypeError, RealmUint8Array } from "./intrinsics";
import { type Decoder, findEncoding } from "./text-encodings";

interface Options {
  fatal?: unknown;
  ignoreBOM?: unknown;
}

const BYTE_ORDER_MARK = 0xfeff;

export function makeTextDecoder(): unknown {
  class TextDecoder {
    readonly #encoding;
    readonly #isFatal: boolean;
    readonly #keepsMark: boolean;
    #decoder: Decoder | undefined;
    #isAtStart = true;
    #text = "";
    #isBroken = false;

    constructor(label: unknown = "utf-8", options: Options | null = {}) {
      const encoding = findEncoding(`${label as string}`);
      if (!encoding) throw unknownEncoding(label);
      this.#encoding = encoding;
      this.#isFatal = Boolean(options?.fatal);
      this.#keepsMark = Boolean(options?.ignoreBOM);
    }

    get encoding(): string {
      return this.#encoding.name;
    }

    get fatal(): boolean {
      return this.#isFatal;
    }

    get ignoreBOM(): boolean {
      return this.#keepsMark;
    }

    decode(
      input: unknown = new RealmUint8Array(0),
      options: { stream?: unknown } | null = {},
    ): string {
      const bytes = bytesOf(input);
      if (!bytes) throw new RealmTypeError("The input is not an ArrayBuffer or a view of one");
      this.#text = "";
      this.#isBroken = false;
      this.#decoder ??= this.#encoding.decoder(
        (point) => this.#emit(point),
        () => this.#fail(),
      );
      this.#decoder.write(bytes);
      if (!options?.stream) this.#finish();
      if (!this.#isBroken) return this.#text;
      this.#finish();
      throw invalidData(this.encoding);
    }

    #finish(): void {
      this.#decoder?.end();
      this.#decoder = undefined;
      this.#isAtStart = true;
    }

    #emit(point: number): void {
      const isMark = this.#isAtStart && point === BYTE_ORDER_MARK && !this.#keepsMark;
      this.#isAtStart = false;
      if (!isMark) this.#text += String.fromCodePoint(point);
    }

    #fail(): void {
      if (this.#isFatal) this.#isBroken = true;
      else this.#emit(0xfffd);
    }

    get [Symbol.toStringTag](): string {
      return "TextDecoder";
    }
  }
  return TextDecoder;
}

function unknownEncoding(label: unknown): Error {
  const error = new RealmRangeError(`The "${label as string}" encoding is not supported`);
  define(error, "code", "ERR_ENCODING_NOT_SUPPORTED");
  return error;
}

function invalidData(encoding: string): Error {
  const error = new RealmTypeError(`The encoded data was not valid for encoding ${encoding}`);
  define(error, "code", "ERR_ENCODING_INVALID_ENCODED_DATA");
  return error;
}
