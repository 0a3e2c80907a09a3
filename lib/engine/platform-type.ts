/** What the rows for Node's own classes have in common. They are looked up when a row is made. */
import { type CodecType, hasSlot, MalformedParts, type TypeRow } from "../codec/codec-type";
import { tagOf } from "../codec/describe";

type Row<V extends object> = Pick<TypeRow<V>, "toParts" | "create">;

/**
 * `probe` throws for what is no instance. A class of another copy, such as that of the package
 * undici, is known as the table knows it: by its tag and the shape of its prototype.
 */
export function platformType<V extends object>(
  { name, prototype }: { readonly name: string; readonly prototype: object },
  probe: (this: never) => unknown,
  row: Row<V>,
): CodecType {
  const isLocal = (value: object) => Object.getPrototypeOf(value) === prototype;
  const is = (value: object) => (isLocal(value) ? hasSlot(probe, value) : tagOf(value) === name);
  const type: Row<V> & Omit<CodecType, keyof Row<V>> = {
    ...{ name, prototype, hasNoFields: true, is },
    ...row,
  };
  return type;
}

export function bytesPart(parts: readonly unknown[], index: number): Uint8Array<ArrayBuffer> {
  const part = parts[index];
  if (part instanceof Uint8Array) return part as Uint8Array<ArrayBuffer>;
  throw new MalformedParts(`part ${index} is not bytes`);
}
