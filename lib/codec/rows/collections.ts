/** Maps and sets: they hold others, and so may hold themselves. */
import { getterOf, hasSlot, MalformedParts, type TypeRow } from "../codec-type";
import { MAX_TEXT } from "../limits";
import { quoted, tooLarge } from "../refusal";

const sizeOfMap = getterOf(Map.prototype, "size") as () => number;
const sizeOfSet = getterOf(Set.prototype, "size") as () => number;
const forEachInMap = Map.prototype.forEach;
const forEachInSet = Set.prototype.forEach;

export const MAP: TypeRow<Map<unknown, unknown>> = {
  name: "Map",
  prototype: Map.prototype,
  hasNoFields: true,
  is: (value) => hasSlot(sizeOfMap, value),
  toParts(map) {
    checkSize(sizeOfMap.call(map));
    const parts: unknown[] = [];
    forEachInMap.call(map, (value, key) => parts.push(key, value));
    return parts;
  },
  head: 0,
  create: () => new Map(),
  fill(map, parts) {
    if (parts.length % 2 !== 0) throw new MalformedParts("a key has no value");
    for (let index = 0; index < parts.length; index += 2) map.set(parts[index], parts[index + 1]);
  },
  pathTo(index, parts) {
    if (index % 2 === 0) return `.keys()[${index / 2}]`;
    const key = parts[index - 1];
    if (typeof key === "string") return `.get(${quoted(key)})`;
    const canBeShown = typeof key === "number" || typeof key === "boolean" || key === null;
    return canBeShown ? `.get(${key})` : `.values()[${(index - 1) / 2}]`;
  },
};

export const SET: TypeRow<Set<unknown>> = {
  name: "Set",
  prototype: Set.prototype,
  hasNoFields: true,
  is: (value) => hasSlot(sizeOfSet, value),
  toParts(set) {
    checkSize(sizeOfSet.call(set));
    const parts: unknown[] = [];
    forEachInSet.call(set, (value) => parts.push(value));
    return parts;
  },
  head: 0,
  create: () => new Set(),
  fill(set, parts) {
    for (const part of parts) set.add(part);
  },
  pathTo: (index) => `.values()[${index}]`,
};

/** Before millions of entries are listed: each takes two characters at least. */
function checkSize(size: number): void {
  if (size > MAX_TEXT / 2) throw tooLarge();
}
