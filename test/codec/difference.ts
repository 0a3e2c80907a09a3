/**
 * Compares two values as closely as a program can: kinds, classes, keys and their order, holes, -0,
 * and which objects are one and the same. Runs on the host and inside the realm; on each side both
 * values are made of that side's own classes.
 */
type Dictionary = Record<string, unknown>;

const { getOwnPropertyNames, getPrototypeOf } = Object;

/** Null when the values are the same, else where they first differ. */
export function difference(expected: unknown, actual: unknown): string | null {
  return new Comparison().compare(expected, actual, "value");
}

class Comparison {
  /** Which object of the one value stands for which of the other. */
  private readonly pairs = new Map<object, object>();
  private readonly reverse = new Map<object, object>();

  compare(a: unknown, b: unknown, path: string): string | null {
    if (!isObject(a) || !isObject(b)) {
      return Object.is(a, b) ? null : `${path} is ${show(b)}, not ${show(a)}`;
    }
    if (this.pairs.has(a) || this.reverse.has(b)) {
      return this.pairs.get(a) === b ? null : `${path} is another object`;
    }
    this.pairs.set(a, b);
    this.reverse.set(b, a);
    if (typeof a === "function" || typeof b === "function") return compareFunctions(a, b, path);
    if (getPrototypeOf(a) !== getPrototypeOf(b)) return `${path} has another prototype`;
    return this.compareInsides(a, b, path) ?? this.compareFields(a, b, path);
  }

  private compareInsides(a: object, b: object, path: string): string | null {
    const [inA, inB] = [insides(a), insides(b)];
    if (inA === null || inB === null) return inA === inB ? null : `${path} is of another kind`;
    if (inA.length !== inB.length) return `${path} holds ${inB.length} parts, not ${inA.length}`;
    return this.first(inA, (part, index) => this.compare(part, inB[index], `${path}<${index}>`));
  }

  private compareFields(a: object, b: object, path: string): string | null {
    if (hasHiddenFields(a)) return null;
    const [namesA, namesB] = [fieldsOf(a), fieldsOf(b)];
    const [listA, listB] = [namesA.join(), namesB.join()];
    if (listA !== listB) return `${path} has the keys ${listB}, not ${listA}`;
    return this.first(namesA, (name) => {
      if (isVisible(a, name) !== isVisible(b, name)) return `${path}.${name} is hidden in one only`;
      return this.compare((a as Dictionary)[name], (b as Dictionary)[name], `${path}.${name}`);
    });
  }

  private first<V>(list: V[], find: (item: V, index: number) => string | null): string | null {
    for (const [index, item] of list.entries()) {
      const found = find(item, index);
      if (found !== null) return found;
    }
    return null;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Classes are themselves; steps are made again where they are read. */
function compareFunctions(a: object, b: object, path: string): string | null {
  const [stepA, stepB] = [(a as Dictionary).stepId, (b as Dictionary).stepId];
  return a === b || (stepA !== undefined && stepA === stepB) ? null : `${path} is another function`;
}

/** What is inside of an object besides its fields; null if there is nothing of the kind. */
function insides(value: object): unknown[] | null {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof Map) return [...value].flat(1);
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) {
    return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  }
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") {
    return [...new Uint8Array(value as ArrayBuffer)];
  }
  if (value instanceof URL) return [value.href];
  if (value instanceof URLSearchParams) return [...value].flat(1);
  if (value instanceof Headers) return [...value].flat(1);
  if (value instanceof DOMException) return [value.name, value.message, value.code, value.stack];
  return null;
}

/** Fields of a class of the platform are its own affair. */
function hasHiddenFields(value: object): boolean {
  const isPlatform =
    value instanceof URL || value instanceof URLSearchParams || value instanceof Headers;
  return isPlatform || ArrayBuffer.isView(value);
}

function fieldsOf(value: object): string[] {
  const names = getOwnPropertyNames(value);
  if (value instanceof DOMException) return names.filter((name) => isVisible(value, name)).sort();
  return value instanceof Error ? names.sort() : names;
}

function isVisible(value: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, name);
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint") return `${value}n`;
  if (isObject(value)) return Object.prototype.toString.call(value);
  return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : String(value);
}
