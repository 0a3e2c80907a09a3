/** `Blob` and `File`: bytes with a type, and with a name. They are values, and can be read at once. */
import { type Bytes, bytesOf, copyBytes } from "./bytes";
import { once } from "./define";
import { now } from "./guarded-host";
import { isObject, RealmTypeError, RealmUint8Array } from "./intrinsics";
import { registerClass } from "./platform-class";
import { notSupported } from "./unavailable";
import { decodeUtf8, encodeUtf8 } from "./utf8";
import { usvString } from "./usv-string";

interface Options {
  type?: unknown;
  lastModified?: unknown;
}

const PRINTABLE = /^[ -~]*$/;

export const blobClasses = once(() => {
  let bytesIn: (blob: object) => Bytes | undefined;

  class Blob {
    readonly #bytes: Bytes;
    readonly #type: string;

    static {
      bytesIn = (blob) => (#bytes in blob ? blob.#bytes : undefined);
    }

    constructor(parts: unknown = [], options: Options | null = {}) {
      if (!isObject(parts) || !(Symbol.iterator in parts)) {
        throw new RealmTypeError("The parts of a Blob are a list");
      }
      this.#bytes = concatenated(
        Array.from(parts as Iterable<unknown>, (part) => partBytes(part, bytesIn)),
      );
      const type = options?.type === undefined ? "" : `${options.type as string}`;
      this.#type = PRINTABLE.test(type) ? type.toLowerCase() : "";
    }
    get size(): number {
      return this.#bytes.length;
    }
    get type(): string {
      return this.#type;
    }
    async text(): Promise<string> {
      return withoutMark(decodeUtf8(this.#bytes));
    }
    async bytes(): Promise<Bytes> {
      return copyBytes(this.#bytes);
    }
    async arrayBuffer(): Promise<ArrayBuffer> {
      return copyBytes(this.#bytes).buffer;
    }
    slice(
      start: number | undefined = undefined,
      end: number | undefined = undefined,
      type: unknown = "",
    ): Blob {
      return new Blob([this.#bytes.slice(start, end)], { type });
    }
    stream(): never {
      throw notSupported("Blob.stream()");
    }
  }

  class File extends Blob {
    readonly #name: string;
    readonly #lastModified: number;

    constructor(parts: unknown, name: unknown, options: Options | null = {}) {
      super(parts, options);
      if (arguments.length < 2) throw new RealmTypeError("A File needs a name");
      this.#name = usvString(name);
      this.#lastModified =
        options?.lastModified === undefined ? now() : Number(options.lastModified);
    }
    get name(): string {
      return this.#name;
    }
    get lastModified(): number {
      return this.#lastModified;
    }
  }

  registerClass(Blob, {
    name: "Blob",
    show: ({ size, type }) => ({ size, type }),
    clone: (blob) => blob.slice(0, blob.size, blob.type),
  });
  registerClass(File, {
    name: "File",
    show: ({ size, type, name, lastModified }) => ({ size, type, name, lastModified }),
    clone: (file) => new File([file], file.name, file),
  });
  return { Blob, File, bytesIn: bytesIn! };
});

function partBytes(part: unknown, bytesIn: (blob: object) => Bytes | undefined): Bytes {
  if (!isObject(part)) return encodeUtf8(usvString(part));
  return bytesIn(part) ?? bytesOf(part) ?? encodeUtf8(usvString(part));
}

function concatenated(parts: Bytes[]): Bytes {
  const bytes = new RealmUint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}
