/** The base64 and hex methods of `Uint8Array`, for lines of Node that do not have them yet. */
import { type Alphabet, decodeBase64, type Decoded, encodeBase64, type LastGroup } from "./base64";
import { type Bytes, bytesOf, copyBytes, typedArrayName } from "./bytes";
import { define } from "./define";
import { decodeHex, encodeHex } from "./hex";
import { isObject, RealmSyntaxError, RealmTypeError } from "./intrinsics";

const ALPHABETS = { __proto__: null, base64: 1, base64url: 1 };
const LAST_GROUPS = { __proto__: null, loose: 1, strict: 1, "stop-before-partial": 1 };

interface Options {
  alphabet?: Alphabet;
  omitPadding?: unknown;
  lastChunkHandling?: LastGroup;
}

interface Written {
  read: number;
  written: number;
}

export function installUint8ArrayText(): void {
  if (!("toBase64" in Uint8Array.prototype)) install(Uint8Array.prototype, methods);
  if (!("fromBase64" in Uint8Array)) install(Uint8Array, statics);
}

function install(target: object, members: Record<string, unknown>): void {
  for (const name in members) define(target, name, members[name]);
}

const statics = {
  fromBase64(text: unknown, options: unknown = undefined): Bytes {
    return copyBytes(complete(fromBase64(text, options)));
  },
  fromHex(text: unknown): Bytes {
    return copyBytes(complete(decodeHex(textOf(text))));
  },
};

const methods = {
  toBase64(this: unknown, options: unknown = undefined): string {
    const bytes = receiver(this);
    const { alphabet, omitPadding } = optionsOf(options);
    return encodeBase64(bytes, choice(alphabet, ALPHABETS), !omitPadding);
  },
  toHex(this: unknown): string {
    return encodeHex(receiver(this));
  },
  setFromBase64(this: unknown, text: unknown, options: unknown = undefined): Written {
    const target = receiver(this);
    return write(target, fromBase64(text, options, target.length));
  },
  setFromHex(this: unknown, text: unknown): Written {
    const target = receiver(this);
    return write(target, decodeHex(textOf(text), target.length));
  },
};

function fromBase64(text: unknown, options: unknown, limit?: number): Decoded {
  const source = textOf(text);
  const { alphabet, lastChunkHandling } = optionsOf(options);
  const last = choice(lastChunkHandling, LAST_GROUPS);
  return decodeBase64(source, choice(alphabet, ALPHABETS), last, limit);
}

/** What came before a mistake is written all the same. */
function write(target: Bytes, decoded: Decoded): Written {
  const { bytes, read } = decoded;
  for (let at = 0; at < bytes.length; at++) target[at] = bytes[at] ?? 0;
  complete(decoded);
  return { read, written: bytes.length };
}

function complete({ bytes, problem }: Decoded): Bytes {
  if (problem !== undefined) throw new RealmSyntaxError(problem);
  return bytes;
}

function receiver(value: unknown): Bytes {
  if (typedArrayName(value) === "Uint8Array") return bytesOf(value) as Bytes;
  throw new RealmTypeError("The receiver is not a Uint8Array");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw new RealmTypeError("The input is not a string");
}

function optionsOf(value: unknown): Options {
  if (value === undefined) return {};
  if (isObject(value)) return value;
  throw new RealmTypeError("The options are not an object");
}

function choice<C extends string>(value: C | undefined, known: object): C | undefined {
  if (value === undefined || (typeof value === "string" && value in known)) return value;
  throw new RealmTypeError("An option has a value that is not known");
}
