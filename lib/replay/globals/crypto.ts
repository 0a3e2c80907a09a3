/** `Math.random` and `crypto` with the run's own numbers: one draw for each byte (SG-03 to SG-05). */
import { bytesOf, type Bytes, typedArrayName } from "./bytes";
import { once } from "./define";
import { domException } from "./dom-exception";
import { random } from "./guarded-host";
import { assign, floor, numberText, RealmUint8Array, sliceText } from "./intrinsics";
import { makeSubtle } from "./subtle";

const QUOTA = 65_536;

/** Typed arrays that random bytes do not fill evenly. */
const OF_FRACTIONS = { __proto__: null, Float16Array: 1, Float32Array: 1, Float64Array: 1 };

const mathMembers = {
  random: () => random(),
};

export function installRandom(): void {
  assign(Math, mathMembers);
}

export const makeCrypto = once(() => {
  const subtle = makeSubtle();
  class Crypto {
    get subtle(): object {
      return subtle;
    }

    getRandomValues(array: unknown): unknown {
      const name = typedArrayName(array);
      if (name === undefined || name in OF_FRACTIONS) {
        throw domException("The array is not a typed array of integers", "TypeMismatchError");
      }
      const bytes = bytesOf(array) as Bytes;
      if (bytes.length > QUOTA) {
        const message = `The requested length exceeds ${QUOTA} bytes`;
        throw domException(message, "QuotaExceededError");
      }
      fill(bytes);
      return array;
    }

    randomUUID(): string {
      return uuid();
    }

    get [Symbol.toStringTag](): string {
      return "Crypto";
    }
  }
  return new Crypto();
});

function fill(bytes: Bytes): void {
  for (let at = 0; at < bytes.length; at++) bytes[at] = floor(random() * 256);
}

/** Version 4: all but six bits are random. */
function uuid(): string {
  const bytes = new RealmUint8Array(16);
  fill(bytes);
  bytes[6] = ((bytes[6] ?? 0) & 15) | 64;
  bytes[8] = ((bytes[8] ?? 0) & 63) | 128;
  let text = "";
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += "-";
    text += sliceText(numberText(256 + (bytes[at] ?? 0), 16), 1);
  }
  return text;
}
