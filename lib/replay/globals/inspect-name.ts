/** What stands before the brackets of an inspected object: its class, its size, its tag. */
import { apply, getOwnPropertyDescriptor, getPrototypeOf, sliceText } from "./intrinsics";

const LONGEST_CHAIN = 100;

const { toString: sourceOf } = Function.prototype;
const toStringTag: typeof Symbol.toStringTag = Symbol.toStringTag;

/** `Foo`, `Foo(2)`, `Foo [tag]`, `[Foo: null prototype]`; empty for a plain object or array. */
export function prefixOf(object: object, builtIn: string, size = ""): string {
  const name = classNameOf(object);
  const tag = tagTextOf(object);
  const start = name === null ? `[${builtIn}${size}: null prototype]` : `${name}${size}`;
  const isTagged = tag !== "" && tag !== (name ?? builtIn);
  if (isTagged) return `${start} [${tag}]`;
  return name === builtIn && (name === "Object" || name === "Array") ? "" : start;
}

/** The name of the class; null if there is none up the chain. */
export function classNameOf(object: object): string | null {
  let holder: object | null = object;
  for (let depth = 0; holder !== null && depth < LONGEST_CHAIN; depth++) {
    const constructor: unknown = getOwnPropertyDescriptor(holder, "constructor")?.value;
    const name = typeof constructor === "function" ? functionName(constructor) : "";
    if (name !== "") return name;
    holder = getPrototypeOf(holder);
  }
  return null;
}

/** `[Function: f]`, `[AsyncFunction: f]`, `[class A extends B]` … */
export function functionText(fn: object): string {
  const name = functionName(fn);
  const source = apply(sourceOf, fn, []) as string;
  if (!isClass(source)) {
    const kind = tagTextOf(fn) || "Function";
    return name === "" ? `[${kind} (anonymous)]` : `[${kind}: ${name}]`;
  }
  const parent = getPrototypeOf(fn);
  const parentName = parent === null ? "" : functionName(parent);
  const extension = parentName === "" ? "" : ` extends ${parentName}`;
  return `[class ${name === "" ? "(anonymous)" : name}${extension}]`;
}

function functionName(fn: object): string {
  const name: unknown = getOwnPropertyDescriptor(fn, "name")?.value;
  return typeof name === "string" ? name : "";
}

function isClass(source: string): boolean {
  const next = sliceText(source, 5, 6);
  return sliceText(source, 0, 5) === "class" && (next === " " || next === "{");
}

function tagTextOf(object: object): string {
  const tag = (object as { [Symbol.toStringTag]?: unknown })[toStringTag];
  return typeof tag === "string" ? tag : "";
}
