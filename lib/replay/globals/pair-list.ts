/** What `URLSearchParams` and `FormData` do with the names and values they hold. */
export type PairOf<V> = [name: string, value: V];

type Test<V> = (pair: PairOf<V>) => boolean;

/** A value that is not given matches every one. */
export function matcher<V>(name: string, value?: V): Test<V> {
  return ([each, its]) => each === name && (value === undefined || its === value);
}

/** The first of that name gets the value, and the others go. */
export function setPair<V>(pairs: PairOf<V>[], name: string, value: V): PairOf<V>[] {
  const first = pairs.findIndex(matcher<V>(name));
  const changed: PairOf<V> = [name, value];
  if (first === -1) return [...pairs, changed];
  const others = pairs.filter((pair, index) => index === first || pair[0] !== name);
  return others.map((pair, index) => (index === first ? changed : pair));
}

/** Also sees what is added while it goes on. */
export function* iteratePairs<V, R>(pairs: () => PairOf<V>[], pick: (pair: PairOf<V>) => R) {
  for (let at = 0; at < pairs().length; at++) yield pick(pairs()[at] as PairOf<V>);
}
