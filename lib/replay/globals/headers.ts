/** `Headers`, with the checks and the order of the fetch standard. */
import { define, once } from "./define";
import { isObject, RealmTypeError } from "./intrinsics";
import { setPair } from "./pair-list";
import { type Pair, pairsOf } from "./pairs";
import { registerClass } from "./platform-class";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;
/** NUL, ends of lines, and what is no byte. */
const NOT_IN_VALUE = /[\0\n\r]|[^\0-\xff]/;
const SET_COOKIE = "set-cookie";

type Visit = (value: string, name: string, headers: unknown) => void;

export type HeadersInstance = InstanceType<ReturnType<typeof headersClass>>;

export const headersClass = once(() => {
  class Headers {
    /** Names in lower case, as they came. */
    #list: Pair[] = [];

    constructor(init: unknown = undefined) {
      if (init === undefined) return;
      if (!isObject(init)) throw new RealmTypeError("Headers are made of pairs or of an object");
      for (const [name, value] of pairsOf(init)) this.append(name, value);
    }
    append(name: unknown, value: unknown): void {
      this.#list.push([validName(name), validValue(value)]);
    }
    delete(name: unknown): void {
      const wanted = validName(name);
      this.#list = this.#list.filter(([each]) => each !== wanted);
    }
    get(name: unknown): string | null {
      const wanted = validName(name);
      const found = this.#list.filter(([each]) => each === wanted);
      return found.length === 0 ? null : found.map(([, value]) => value).join(", ");
    }
    getSetCookie(): string[] {
      return this.#list.filter(([name]) => name === SET_COOKIE).map(([, value]) => value);
    }
    has(name: unknown): boolean {
      const wanted = validName(name);
      return this.#list.some(([each]) => each === wanted);
    }
    set(name: unknown, value: unknown): void {
      this.#list = setPair(this.#list, validName(name), validValue(value));
    }
    forEach(visit: Visit, receiver: unknown = undefined): void {
      for (const [name, value] of this.entries()) visit.call(receiver, value, name, this);
    }
    *entries(): Generator<Pair> {
      for (let at = 0; at < this.#sorted().length; at++) yield this.#sorted()[at] as Pair;
    }
    *keys(): Generator<string> {
      for (const [name] of this.entries()) yield name;
    }
    *values(): Generator<string> {
      for (const [, value] of this.entries()) yield value;
    }
    /** Sorted, with the values of a name in one; each cookie on its own. */
    #sorted(): Pair[] {
      const names = [...new Set(this.#list.map(([name]) => name))].sort();
      return names.flatMap((name): Pair[] =>
        name === SET_COOKIE
          ? this.getSetCookie().map((value): Pair => [name, value])
          : [[name, this.get(name) as string]],
      );
    }
  }
  define(Headers.prototype, Symbol.iterator, Headers.prototype.entries);
  registerClass(Headers, {
    name: "Headers",
    show: (headers) => Object.fromEntries(headers.entries()),
  });
  return Headers;
});

function validName(name: unknown): string {
  const text = `${name as string}`;
  if (TOKEN.test(text)) return text.toLowerCase();
  throw new RealmTypeError(`"${text}" is not a legal name of a header`);
}

function validValue(value: unknown): string {
  const text = `${value as string}`.replace(OUTER_SPACE, "");
  if (!NOT_IN_VALUE.test(text)) return text;
  throw new RealmTypeError("A header has a value with characters that are not legal");
}
