/**
 * `crypto.subtle`: digests are computed in place, so the promise is settled when it is returned and
 * no event of the log can come between (R3). What needs keys is work for a step (SG-07).
 */
import { decodeBase64, encodeBase64 } from "./base64";
import { bytesOf, copyBytes } from "./bytes";
import { define } from "./define";
import { domException } from "./dom-exception";
import { digest } from "./guarded-host";
import { apply, isObject, RealmTypeError } from "./intrinsics";
import { notImplemented } from "./unavailable";

const { toUpperCase } = String.prototype;

const ALGORITHMS = { __proto__: null, "SHA-1": 1, "SHA-256": 1, "SHA-384": 1, "SHA-512": 1 };

const WITH_KEYS = [
  ...["decrypt", "deriveBits", "deriveKey", "encrypt", "exportKey", "generateKey", "importKey"],
  ...["sign", "unwrapKey", "verify", "wrapKey"],
];

export function makeSubtle(): object {
  class SubtleCrypto {
    // An async function makes the engine's own kind of promise, whatever became of `Promise`.
    async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
      const name = algorithmName(algorithm);
      const bytes = bytesOf(data);
      if (!bytes) throw new RealmTypeError("The data is not an ArrayBuffer or a view of one");
      const answer = name in ALGORITHMS ? digest(name, encodeBase64(bytes)) : "";
      if (answer === "") throw domException("Unrecognized algorithm name", "NotSupportedError");
      return copyBytes(decodeBase64(answer).bytes).buffer;
    }

    get [Symbol.toStringTag](): string {
      return "SubtleCrypto";
    }
  }
  for (const name of WITH_KEYS) define(SubtleCrypto.prototype, name, refusal(name));
  return new SubtleCrypto();
}

function refusal(name: string): unknown {
  const members = {
    [name](): never {
      throw notImplemented(`crypto.subtle.${name}`);
    },
  };
  return members[name];
}

/** Names may be written in any case, and stand alone or in an object. */
function algorithmName(algorithm: unknown): string {
  const name = isObject(algorithm) ? (algorithm as { name?: unknown }).name : algorithm;
  return apply(toUpperCase, `${name as string}`, []);
}
