/** The bytes behind a buffer or a view, whatever the workflow has done to their prototypes. */
import { apply, getOwnPropertyDescriptor, getPrototypeOf, RealmUint8Array } from "./intrinsics";

type Getter<T> = (this: unknown) => T;

const typedArray = getPrototypeOf(Uint8Array.prototype) as object;
const nameOf = getterOf<string | undefined>(typedArray, Symbol.toStringTag);
const arrayBuffer = getterOf<ArrayBuffer>(typedArray, "buffer");
const arrayOffset = getterOf<number>(typedArray, "byteOffset");
const arrayLength = getterOf<number>(typedArray, "byteLength");
const viewBuffer = getterOf<ArrayBuffer>(DataView.prototype, "buffer");
const viewOffset = getterOf<number>(DataView.prototype, "byteOffset");
const viewLength = getterOf<number>(DataView.prototype, "byteLength");
const bufferLength = getterOf<number>(ArrayBuffer.prototype, "byteLength");

export type Bytes = Uint8Array<ArrayBuffer>;

/** `Uint8Array` and so on; `undefined` for everything else. */
export function typedArrayName(value: unknown): string | undefined {
  return apply(nameOf, value, []);
}

/** The bytes of a typed array, a `DataView` or an `ArrayBuffer`, not copied; null for others. */
export function bytesOf(value: unknown): Bytes | null {
  if (typeof value !== "object" || value === null) return null;
  if (typedArrayName(value) !== undefined) {
    const buffer = apply(arrayBuffer, value, []);
    return new RealmUint8Array(
      buffer,
      apply(arrayOffset, value, []),
      apply(arrayLength, value, []),
    );
  }
  return isArrayBuffer(value) ? new RealmUint8Array(value) : bytesOfView(value);
}

export function copyBytes(bytes: ArrayLike<number>): Bytes {
  return new RealmUint8Array(bytes);
}

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    apply(bufferLength, value, []);
    return true;
  } catch {
    return false;
  }
}

function bytesOfView(value: object): Bytes | null {
  try {
    const buffer = apply(viewBuffer, value, []);
    return new RealmUint8Array(buffer, apply(viewOffset, value, []), apply(viewLength, value, []));
  } catch {
    return null;
  }
}

function getterOf<T>(prototype: object, name: PropertyKey): Getter<T> {
  return getOwnPropertyDescriptor(prototype, name)?.get as Getter<T>;
}
