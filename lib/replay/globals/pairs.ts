/** Names with values, as `URLSearchParams` and `Headers` take them: a list of pairs, or an object. */
import { isObject, RealmTypeError } from "./intrinsics";

export type Pair = [name: string, value: string];

export function pairsOf(init: object): Pair[] {
  const iterate = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    return Object.keys(init).map((name) => [name, text((init as Record<string, unknown>)[name])]);
  }
  return Array.from(init as Iterable<unknown>, pairOf);
}

function pairOf(item: unknown): Pair {
  const isList = isObject(item) && Symbol.iterator in item;
  const parts = isList ? Array.from(item as Iterable<unknown>) : [];
  if (parts.length === 2) return [text(parts[0]), text(parts[1])];
  throw new RealmTypeError("Each pair must be an iterable of a name and a value");
}

function text(value: unknown): string {
  return `${value as string}`;
}
