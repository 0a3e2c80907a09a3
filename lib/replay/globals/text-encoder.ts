/** `TextEncoder`: UTF-8, and nothing else. */
import { type Bytes, bytesOf, typedArrayName } from "./bytes";
import { RealmTypeError } from "./intrinsics";
import { encodeUtf8, encodeUtf8Into } from "./utf8";

export function makeTextEncoder(): unknown {
  class TextEncoder {
    get encoding(): string {
      return "utf-8";
    }

    encode(text: unknown = ""): Bytes {
      return encodeUtf8(`${text as string}`);
    }

    encodeInto(text: unknown, target: unknown): { read: number; written: number } {
      if (typedArrayName(target) !== "Uint8Array") {
        throw new RealmTypeError("The destination is not a Uint8Array");
      }
      return encodeUtf8Into(`${text as string}`, bytesOf(target) as Bytes);
    }

    get [Symbol.toStringTag](): string {
      return "TextEncoder";
    }
  }
  return TextEncoder;
}
