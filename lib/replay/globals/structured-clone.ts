/** `structuredClone`: deep copies of what the standard copies. Buffers to transfer are copied too. */
import { type Bytes, bytesOf, copyBytes, isArrayBuffer, typedArrayName } from "./bytes";
import { define } from "./define";
import { domException } from "./dom-exception";
import {
  apply,
  defineProperty,
  getOwnPropertyDescriptor,
  hasOwn,
  isObject,
  ownKeys,
} from "./intrinsics";
import { type Kind, kindOf } from "./kind-of";
import { platformClassOf } from "./platform-class";

const { getTime } = Date.prototype;
const { propertyIsEnumerable } = Object.prototype;

/** The errors whose class a copy keeps. */
const ERRORS = {
  __proto__: null,
  ...{ EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError },
} as unknown as Record<string, ErrorConstructor | undefined>;

const NOT_CLONEABLE = { __proto__: null, Promise: 1, Symbol: 1, WeakMap: 1, WeakSet: 1 };

interface View {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly length?: number;
}

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => object;

const members = {
  structuredClone(value: unknown, options: unknown = undefined): unknown {
    if (arguments.length === 0) throw new TypeError("structuredClone() needs a value");
    checkTransfer((options as { transfer?: Iterable<unknown> } | null | undefined)?.transfer);
    return new Cloner().clone(value);
  },
};

export function installStructuredClone(scope: object): void {
  define(scope, "structuredClone", members.structuredClone);
}

/** The source of a transferred buffer stays usable: that shows in no result, and is always the same. */
function checkTransfer(transfer: Iterable<unknown> | undefined): void {
  const seen = new Set<unknown>();
  for (const value of transfer ?? []) {
    if (!isObject(value) || !isArrayBuffer(value))
      throw refusal("A value that cannot be transferred");
    if (seen.has(value)) throw refusal("An ArrayBuffer that is listed twice");
    seen.add(value);
  }
}

class Cloner {
  private readonly copies = new Map<object, object>();

  clone(value: unknown): unknown {
    if (typeof value === "symbol") throw refusal(value.toString());
    if (!isObject(value)) return value;
    if (typeof value === "function") throw refusal(`function ${value.name}`);
    return this.copies.get(value) ?? this.copy(value);
  }

  private copy(value: object): object {
    const platformClass = platformClassOf(value);
    if (platformClass) {
      if (!platformClass.clone) throw refusal(platformClass.name);
      return this.keep(value, platformClass.clone(value));
    }
    const kind = kindOf(value);
    if (kind in NOT_CLONEABLE) throw refusal(`#<${kind}>`);
    return this.copyKind(value, kind);
  }

  private copyKind(value: object, kind: Kind): object {
    switch (kind) {
      case "Date":
        return this.keep(value, new Date(apply(getTime, value, [])));
      case "RegExp":
        return this.keep(value, new RegExp((value as RegExp).source, (value as RegExp).flags));
      case "Number":
      case "String":
      case "Boolean":
      case "BigInt":
        return this.keep(value, Object(value.valueOf()) as object);
      case "Map":
        return this.copyMap(value as Map<unknown, unknown>);
      case "Set":
        return this.copySet(value as Set<unknown>);
      case "Error":
        return this.copyError(value as Error);
      case "ArrayBuffer":
        return this.keep(value, copyBytes(bytesOf(value) as Bytes).buffer);
      case "TypedArray":
      case "DataView":
        return this.copyView(value as View);
      case "Array":
        return this.copyProperties(value, new Array((value as unknown[]).length));
      default:
        return this.copyProperties(value, {});
    }
  }

  private copyMap(map: Map<unknown, unknown>): object {
    const copy = this.keep(map, new Map<unknown, unknown>());
    for (const [key, value] of [...map]) copy.set(this.clone(key), this.clone(value));
    return copy;
  }

  private copySet(set: Set<unknown>): object {
    const copy = this.keep(set, new Set<unknown>());
    for (const value of [...set]) copy.add(this.clone(value));
    return copy;
  }

  private copyError(error: Error): object {
    const message = getOwnPropertyDescriptor(error, "message");
    const isPlain = message !== undefined && "value" in message;
    const RealmError = ERRORS[`${error.name}`] ?? Error;
    const copy = this.keep(
      error,
      isPlain ? new RealmError(message.value as string) : new RealmError(),
    );
    const define = (name: string, value: unknown) =>
      defineProperty(copy, name, { value, writable: true, configurable: true, enumerable: false });
    define("stack", `${error.stack}`);
    if (hasOwn(error, "cause")) define("cause", this.clone(error.cause));
    return copy;
  }

  private copyView(view: View): object {
    const buffer = this.clone(view.buffer) as ArrayBuffer;
    const name = typedArrayName(view) ?? "DataView";
    const ViewClass = (globalThis as unknown as Record<string, ViewConstructor>)[name];
    if (!ViewClass) throw refusal(name);
    const copy = new ViewClass(buffer, view.byteOffset, view.length ?? view.byteLength);
    return this.keep(view, copy);
  }

  private copyProperties(source: object, copy: object): object {
    this.keep(source, copy);
    for (const key of ownKeys(source)) {
      if (typeof key === "symbol" || !apply(propertyIsEnumerable, source, [key])) continue;
      const value = this.clone((source as Record<string, unknown>)[key]);
      defineProperty(copy, key, { value, writable: true, configurable: true, enumerable: true });
    }
    return copy;
  }

  /** Known before its parts are copied, since they may lead back to it. */
  private keep<C extends object>(source: object, copy: C): C {
    this.copies.set(source, copy);
    return copy;
  }
}

function refusal(what: string): Error {
  return domException(`${what} could not be cloned.`, "DataCloneError");
}
