/**
 * Finds the row for a value, and for a stored name.
 *
 * T1 A class of this realm is known by its prototype; one of another realm by what is inside of it
 *    and by a prototype that is the class's own. `instanceof` is never asked: it lies across realms.
 * T2 A subclass is not its superclass: it would come back as less than it was.
 */
import type { CodecType } from "./codec-type";
import { tagOf } from "./describe";

const { getPrototypeOf, hasOwn } = Object;
const OBJECT = Object.prototype;
const ARRAY = Array.prototype;

export class TypeTable {
  private readonly byName = new Map<string, CodecType>();
  private readonly byPrototype = new Map<object, CodecType>();
  /** Rows that only `is` can tell, in the order in which they are asked. */
  private readonly asked: CodecType[] = [];

  constructor(types: readonly CodecType[]) {
    for (const type of types) {
      if (!/^[A-Z]/.test(type.name)) throw new TypeError(`${type.name} is no name of a type`);
      if (this.byName.has(type.name)) throw new TypeError(`There are two types ${type.name}`);
      this.byName.set(type.name, type);
      if (type.prototype) this.byPrototype.set(type.prototype, type);
      else this.asked.push(type);
    }
    const bytes = this.byName.get("Uint8Array");
    const { Buffer } = globalThis as { Buffer?: { prototype: object } };
    if (bytes && Buffer) this.byPrototype.set(Buffer.prototype, bytes);
  }

  names(): readonly string[] {
    return [...this.byName.keys()];
  }

  named(name: string): CodecType | undefined {
    return this.byName.get(name);
  }

  /** Not for plain objects and arrays, which need no row. */
  find(value: object): CodecType | undefined {
    const proto = getPrototypeOf(value) as object | null;
    const local = proto === null ? undefined : this.byPrototype.get(proto);
    // An object that was only given the prototype has nothing inside.
    if (local) return local.is(value) ? local : undefined;
    return this.fromElsewhere(value, proto) ?? this.asked.find((type) => type.is(value));
  }

  private fromElsewhere(value: object, proto: object | null): CodecType | undefined {
    const type = this.byName.get(tagOf(value));
    if (!type?.prototype || !proto || !type.is(value)) return undefined;
    return isPrototypeOf(type, proto) ? type : undefined;
  }
}

/** The prototype of all objects, of this realm or another. */
export function isObjectPrototype(proto: object | null): boolean {
  if (proto === OBJECT) return true;
  return (
    proto !== null &&
    getPrototypeOf(proto) === null &&
    nameOf(proto) === "Object" &&
    hasOwn(proto, "isPrototypeOf")
  );
}

export function isArrayPrototype(proto: object | null): boolean {
  if (proto === ARRAY) return true;
  return proto !== null && Array.isArray(proto) && isObjectPrototype(getPrototypeOf(proto));
}

/** True for the prototype that another realm has in the place of this type's. */
function isPrototypeOf(type: CodecType, proto: object): boolean {
  if (nameOf(proto) === "Buffer" && type.name === "Uint8Array") {
    return isPrototypeOf(type, getPrototypeOf(proto) as object);
  }
  return nameOf(proto) === type.name && depthOf(proto) === depthOf(type.prototype!);
}

function nameOf(proto: object): unknown {
  if (!hasOwn(proto, "constructor")) return undefined;
  const { constructor } = proto;
  return typeof constructor === "function" ? constructor.name : undefined;
}

function depthOf(proto: object): number {
  let depth = 0;
  for (let at: unknown = proto; at !== null; at = getPrototypeOf(at)) depth++;
  return depth;
}
