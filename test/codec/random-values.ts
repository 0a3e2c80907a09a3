/** Random values, the same for the same seed on every side: nested, with shared parts and cycles. */
import { type Next, seededNumbers } from "../seeded-numbers";
import { Money, Purse } from "./registered";
import { fixed } from "./values";

const TEXTS = [
  "",
  "a",
  "~",
  "~~",
  "~Map",
  "~#0",
  "~@0",
  "~undefined",
  "é\0\ud800",
  "__proto__",
  "\n",
];
const KEYS = [...TEXTS, "constructor", "prototype", "toJSON", "then", "0", "10", "b", "length"];
const NUMBERS = [0, -0, 1, -1.5, NaN, Infinity, -Infinity, 1e300, 2 ** 53, 5e-324];
const MAKERS = [
  () => /a+/g,
  () => new URL("https://a.b/~"),
  () => new URLSearchParams("~=~"),
  () => new Headers([["a", "~"]]),
  () => new Money(-5n, "~"),
];
const VISIBLE = { enumerable: true, writable: true, configurable: true };
const DEEPEST = 6;

/**
 * `tangled`: instances may lead to what holds them, which is refused. `broken`: errors have fields
 * that cannot be stored; `mended` is the same without these.
 */
export type RandomKind = "whole" | "tangled" | "broken" | "mended";

export function randomValue(seed: number, kind: RandomKind = "whole"): unknown {
  return new Maker(seededNumbers(seed), kind).value(0);
}

class Maker {
  /** Objects made so far, open ones too: a later part may be one of them. */
  private readonly made: object[] = [];
  /** While an instance is made: what is open outside of it would lead back to it. */
  private isInsideInstance = 0;

  constructor(
    private readonly next: Next,
    private readonly kind: RandomKind,
  ) {}

  value(depth: number): unknown {
    const kind = this.next(depth >= DEEPEST ? 8 : 22);
    if (kind < 8) return this.primitive(kind);
    const mayMention = this.isInsideInstance === 0 || this.kind === "tangled";
    if (kind < 11 && this.made.length > 0 && mayMention) {
      return this.made[this.next(this.made.length)];
    }
    return this.object(kind, depth + 1);
  }

  private primitive(kind: number): unknown {
    switch (kind) {
      case 0:
        return this.pick([null, undefined, true, false]);
      case 1:
      case 2:
        return this.pick(NUMBERS);
      case 3:
        return this.pick([0n, 1n, -1n, 2n ** 64n, -(3n ** 90n)]);
      case 4:
        return this.next(1_000_000) / 8;
      case 5:
        return String.fromCharCode(...this.list(8, () => this.next(65_536)));
      default:
        return this.pick(TEXTS);
    }
  }

  private object(kind: number, depth: number): object {
    switch (kind) {
      case 12:
        return this.keep(new Date(this.pick([0, NaN, -1, 8.64e15, 1e12])));
      case 13:
        return this.keep(Uint8Array.from(this.list(160, () => this.next(256))));
      case 14:
        return this.keep(this.pick(MAKERS)());
      case 15:
        return this.map(depth);
      case 16:
        return this.fill(new Set<unknown>(), (set) => set.add(this.value(depth)));
      case 17:
        return this.sparse(depth);
      case 18:
        // An error would leave out what is refused.
        return this.kind === "tangled" ? this.map(depth) : this.error(depth);
      case 19:
        return this.instance(depth);
      case 20:
      case 21:
        return this.fill<unknown[]>([], (array) => array.push(this.value(depth)));
      default:
        return this.record(depth);
    }
  }

  private map(depth: number): object {
    return this.fill(new Map<unknown, unknown>(), (map) =>
      map.set(this.value(depth), this.value(depth)),
    );
  }

  private sparse(depth: number): object {
    return this.fill(new Array<unknown>(this.next(90)), (array) => {
      if (array.length > 0) array[this.next(array.length)] = this.value(depth);
    });
  }

  private error(depth: number): object {
    const ErrorClass = this.pick([Error, TypeError, RangeError]);
    return this.fill(fixed(new ErrorClass(this.pick(TEXTS))), (error) => {
      const field = { value: this.value(depth), writable: true, configurable: true };
      if (this.kind !== "whole" && this.next(3) === 0) {
        // Nothing else leads to this list; what it holds may be met again.
        const value = [field.value, () => 1];
        if (this.kind === "broken") Object.defineProperty(error, "bad", { ...VISIBLE, value });
        return;
      }
      if (this.next(3) === 0) Object.defineProperty(error, "cause", field);
      else Object.defineProperty(error, this.pick(KEYS), { ...field, enumerable: true });
    });
  }

  private instance(depth: number): object {
    this.isInsideInstance++;
    const contents = this.map(depth) as Map<string, Money>;
    this.isInsideInstance--;
    return this.keep(new Purse(contents));
  }

  private record(depth: number): object {
    const object = Object.create(this.next(5) === 0 ? null : Object.prototype) as object;
    return this.fill(object, () => {
      const value = this.value(depth);
      Object.defineProperty(object, this.pick(KEYS), { value, ...VISIBLE });
    });
  }

  /** Known before its parts are made, so that they may lead back to it. */
  private fill<V extends object>(value: V, add: (value: V) => unknown): V {
    this.keep(value);
    this.list(5, () => add(value));
    return value;
  }

  private keep<V extends object>(value: V): V {
    this.made.push(value);
    return value;
  }

  private list<V>(below: number, make: () => V): V[] {
    return Array.from({ length: this.next(below) }, make);
  }

  private pick<V>(list: readonly V[]): V {
    return list[this.next(list.length)]!;
  }
}
