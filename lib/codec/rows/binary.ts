/** Bytes. A view is stored with the bytes that it shows, never with the whole buffer behind it. */
import { fromBase64, toBase64 } from "../base64";
import {
  Base64,
  type CodecType,
  getterOf,
  hasSlot,
  MalformedParts,
  textPart,
  type TypeRow,
} from "../codec-type";

type TypedArray = Uint8Array;
type TypedArrayClass = (new (buffer: ArrayBuffer) => TypedArray) & {
  readonly BYTES_PER_ELEMENT: number;
};

const NAMES = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
];

const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as object;
/** The name of the class, from the inner slot; undefined for anything else. */
const kindOf = getterOf(typedArrays, Symbol.toStringTag);
const bufferOf = getterOf(typedArrays, "buffer") as () => ArrayBuffer;
const offsetOf = getterOf(typedArrays, "byteOffset") as () => number;
const lengthOf = getterOf(typedArrays, "byteLength") as () => number;
const bufferLength = getterOf(ArrayBuffer.prototype, "byteLength");
const bufferOfView = getterOf(DataView.prototype, "buffer") as () => ArrayBuffer;
const offsetOfView = getterOf(DataView.prototype, "byteOffset") as () => number;
const lengthOfView = getterOf(DataView.prototype, "byteLength") as () => number;

const ARRAY_BUFFER: TypeRow<ArrayBuffer> = {
  name: "ArrayBuffer",
  prototype: ArrayBuffer.prototype,
  hasNoFields: true,
  is: (value) => hasSlot(bufferLength, value),
  toParts: (buffer) => bytesPart(buffer),
  create: (parts) => fromBase64(textPart(parts, 0)).buffer,
};

const DATA_VIEW: TypeRow<DataView> = {
  name: "DataView",
  prototype: DataView.prototype,
  hasNoFields: true,
  is: (value) => hasSlot(bufferOfView, value),
  toParts: (view) =>
    bytesPart(bufferOfView.call(view), offsetOfView.call(view), lengthOfView.call(view)),
  create: (parts) => new DataView(fromBase64(textPart(parts, 0)).buffer),
};

/** One row for each class that this realm has. */
export function binaryTypes(): readonly CodecType[] {
  const classes = globalThis as unknown as Record<string, TypedArrayClass | undefined>;
  const rows = NAMES.flatMap((name) => {
    const constructor = classes[name];
    return constructor ? [typedArrayType(name, constructor)] : [];
  });
  return [ARRAY_BUFFER, DATA_VIEW, ...rows];
}

function typedArrayType(name: string, constructor: TypedArrayClass): TypeRow<TypedArray> {
  return {
    name,
    prototype: constructor.prototype as object,
    is: (value) => kindOf.call(value) === name,
    toParts: (array) => bytesPart(bufferOf.call(array), offsetOf.call(array), lengthOf.call(array)),
    create(parts) {
      const { buffer } = fromBase64(textPart(parts, 0));
      if (buffer.byteLength % constructor.BYTES_PER_ELEMENT !== 0) {
        throw new MalformedParts("its bytes do not fill its elements");
      }
      return new constructor(buffer);
    },
  };
}

function bytesPart(buffer: ArrayBuffer, offset?: number, length?: number): [Base64] {
  return [new Base64(toBase64(new Uint8Array(buffer, offset, length)))];
}
