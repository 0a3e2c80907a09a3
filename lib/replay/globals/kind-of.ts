/**
 * What an object really is, for those who look at the objects of a workflow from outside: whatever
 * its class is called, and without running its code, but for that of a proxy.
 */
import { typedArrayName } from "./bytes";
import { apply, getOwnPropertyDescriptor, getPrototypeOf, isArray, tagOf } from "./intrinsics";

export type Kind =
  | "Arguments"
  | "Array"
  | "ArrayBuffer"
  | "BigInt"
  | "Boolean"
  | "DataView"
  | "Date"
  | "Error"
  | "Map"
  | "Number"
  | "Object"
  | "Promise"
  | "RegExp"
  | "Set"
  | "String"
  | "Symbol"
  | "TypedArray"
  | "WeakMap"
  | "WeakSet";

type Probe = (this: unknown) => unknown;

const LONGEST_CHAIN = 100;

const { getTime } = Date.prototype;
const { has: inWeakMap } = WeakMap.prototype;
const { has: inWeakSet } = WeakSet.prototype;
const mapSize = getterOf(Map.prototype, "size");
const setSize = getterOf(Set.prototype, "size");
const regExpSource = getterOf(RegExp.prototype, "source");
const bufferLength = getterOf(ArrayBuffer.prototype, "byteLength");
const viewOffset = getterOf(DataView.prototype, "byteOffset");

/** The prototypes, and what only an object of that kind answers. */
const KINDS: { prototype: object; kind: Kind; probe: Probe | null }[] = [
  { prototype: Error.prototype, kind: "Error", probe: null },
  { prototype: Map.prototype, kind: "Map", probe: mapSize },
  { prototype: Set.prototype, kind: "Set", probe: setSize },
  { prototype: Date.prototype, kind: "Date", probe: getTime },
  { prototype: Promise.prototype, kind: "Promise", probe: null },
  { prototype: RegExp.prototype, kind: "RegExp", probe: regExpSource },
  { prototype: WeakMap.prototype, kind: "WeakMap", probe: inWeakMap as Probe },
  { prototype: WeakSet.prototype, kind: "WeakSet", probe: inWeakSet as Probe },
  { prototype: ArrayBuffer.prototype, kind: "ArrayBuffer", probe: bufferLength },
  { prototype: DataView.prototype, kind: "DataView", probe: viewOffset },
  { prototype: Number.prototype, kind: "Number", probe: Number.prototype.valueOf },
  { prototype: String.prototype, kind: "String", probe: String.prototype.valueOf },
  { prototype: Boolean.prototype, kind: "Boolean", probe: Boolean.prototype.valueOf },
  { prototype: BigInt.prototype, kind: "BigInt", probe: BigInt.prototype.valueOf },
  { prototype: Symbol.prototype, kind: "Symbol", probe: Symbol.prototype.valueOf },
];

export function kindOf(object: object): Kind {
  if (isArray(object)) return "Array";
  if (typedArrayName(object) !== undefined) return "TypedArray";
  let prototype = getPrototypeOf(object);
  for (let depth = 0; prototype !== null && depth < LONGEST_CHAIN; depth++) {
    const kind = kindBelow(prototype, object);
    if (kind !== undefined) return kind;
    prototype = getPrototypeOf(prototype);
  }
  return tagOf(object) === "[object Arguments]" ? "Arguments" : "Object";
}

function kindBelow(prototype: object, object: object): Kind | undefined {
  for (let index = 0; index < KINDS.length; index++) {
    const known = KINDS[index] as (typeof KINDS)[number];
    if (known.prototype === prototype) return isOne(known.probe, object) ? known.kind : undefined;
  }
  return undefined;
}

function isOne(probe: Probe | null, object: object): boolean {
  if (probe === null) return true;
  try {
    apply(probe, object, []);
    return true;
  } catch {
    return false;
  }
}

function getterOf(prototype: object, name: string): Probe {
  return getOwnPropertyDescriptor(prototype, name)?.get as Probe;
}
