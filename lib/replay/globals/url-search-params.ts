/** `URLSearchParams`, alone or as the live view of a URL's query. */
import { define, once } from "./define";
import { parsePairs, serializePairs } from "./form-urlencoded";
import { isObject } from "./intrinsics";
import { iteratePairs, matcher, setPair } from "./pair-list";
import { type Pair, pairsOf } from "./pairs";
import { registerClass } from "./platform-class";
import { usvString } from "./usv-string";

type Visit = (value: string, name: string, params: unknown) => void;

/** What a URL does with its view. */
interface View {
  /** Makes the view of a query, which tells of every change. */
  link(query: string, changed: () => void): object;
  reload(params: object, query: string): void;
}

export const searchParamsClass = once(() => {
  const view = {} as View;

  class URLSearchParams {
    #pairs: Pair[];
    #changed = () => {};

    static {
      view.link = (query, changed) => {
        const params = new URLSearchParams(query);
        params.#changed = changed;
        return params;
      };
      view.reload = (params, query) => {
        (params as URLSearchParams).#pairs = parsePairs(withoutMark(query));
      };
    }

    constructor(init: unknown = "") {
      this.#pairs = isObject(init)
        ? pairsOf(init).map(([name, value]) => [usvString(name), usvString(value)])
        : parsePairs(withoutMark(usvString(init)));
    }
    get size(): number {
      return this.#pairs.length;
    }
    append(name: unknown, value: unknown): void {
      this.#change([...this.#pairs, [usvString(name), usvString(value)]]);
    }
    delete(name: unknown, value: unknown = undefined): void {
      const isMeant = matcher(usvString(name), optional(value));
      this.#change(this.#pairs.filter((pair) => !isMeant(pair)));
    }
    get(name: unknown): string | null {
      return this.#pairs.find(matcher(usvString(name)))?.[1] ?? null;
    }
    getAll(name: unknown): string[] {
      return this.#pairs.filter(matcher(usvString(name))).map(([, value]) => value);
    }
    has(name: unknown, value: unknown = undefined): boolean {
      return this.#pairs.some(matcher(usvString(name), optional(value)));
    }
    set(name: unknown, value: unknown): void {
      this.#change(setPair(this.#pairs, usvString(name), usvString(value)));
    }
    sort(): void {
      const order = ([one]: Pair, [other]: Pair) => (one < other ? -1 : one > other ? 1 : 0);
      this.#change([...this.#pairs].sort(order));
    }
    forEach(visit: Visit, receiver: unknown = undefined): void {
      for (const [name, value] of this.entries()) visit.call(receiver, value, name, this);
    }
    entries(): IterableIterator<Pair> {
      return this.#iterate(([name, value]): Pair => [name, value]);
    }
    keys(): IterableIterator<string> {
      return this.#iterate(([name]) => name);
    }
    values(): IterableIterator<string> {
      return this.#iterate(([, value]) => value);
    }
    #iterate<R>(pick: (pair: Pair) => R): IterableIterator<R> {
      return iteratePairs(() => this.#pairs, pick);
    }
    toString(): string {
      return serializePairs(this.#pairs);
    }
    #change(pairs: Pair[]): void {
      this.#pairs = pairs;
      this.#changed();
    }
  }
  define(URLSearchParams.prototype, Symbol.iterator, URLSearchParams.prototype.entries);
  registerClass(URLSearchParams, {
    name: "URLSearchParams",
    show: (params) => Object.fromEntries(params.entries()),
  });
  return { URLSearchParams, view };
});

function optional(value: unknown): string | undefined {
  return value === undefined ? undefined : usvString(value);
}

function withoutMark(query: string): string {
  return query.startsWith("?") ? query.slice(1) : query;
}
