/** Names what was found, for messages: "a function (sendMail)", "an instance of Customer". */

const toStringOf = Object.prototype.toString;
const sourceOf = Function.prototype.toString;
const BOXED = new Set(["Number", "String", "Boolean", "Symbol", "BigInt"]);
const LONGEST_NAME = 80;

export function describe(value: unknown): string {
  try {
    if (typeof value === "symbol") return `a symbol (${describeSymbol(value)})`;
    if (typeof value === "function") return describeFunction(value);
    if (typeof value === "object" && value !== null) return describeObject(value);
    return `a ${typeof value}`;
  } catch {
    return "an object that cannot be read";
  }
}

/** The name between `[object ` and `]`; a value can lie about it. */
export function tagOf(value: object): string {
  return toStringOf.call(value).slice(8, -1);
}

export function describeSymbol(symbol: symbol): string {
  return symbol.description ?? "without a name";
}

function describeFunction(value: object): string {
  const kind = /^class\b/.test(sourceOf.call(value)) ? "a class" : "a function";
  const { name } = value as { name?: unknown };
  return typeof name === "string" && name !== "" ? `${kind} (${cut(name)})` : kind;
}

function describeObject(value: object): string {
  const tag = tagOf(value);
  if (isHook(value)) return "a hook - pass its token";
  if (tag === "Promise" || typeof (value as { then?: unknown }).then === "function") {
    return "a promise - did you forget await?";
  }
  if (BOXED.has(tag)) return `a ${tag} object - pass the ${tag.toLowerCase()} itself`;
  if (tag.endsWith("Generator")) return "a generator";
  if (tag.endsWith("Iterator")) return "an iterator - pass [...iterator]";
  const { constructor } = value as { constructor?: unknown };
  const name = typeof constructor === "function" ? constructor.name : "";
  if (name !== "" && name !== "Object") return `an instance of ${cut(name)}`;
  const proto = Object.getPrototypeOf(value) as object | null;
  const isPlain = proto === null || Object.getPrototypeOf(proto) === null;
  return isPlain ? "an object" : "an object with a prototype of its own";
}

/** It can be awaited, and it has a token to give away. */
function isHook(value: object): boolean {
  const { then, token } = value as { then?: unknown; token?: unknown };
  return typeof then === "function" && typeof token === "string";
}

function cut(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}
