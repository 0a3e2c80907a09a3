/**
 * How a durable call learns where it stands in the source: the compiler writes
 * `prelude.at("order#0", sleep)("1s")`. Functions of users that only share the name are left alone.
 */
const SITED = Symbol("everstep.sited");

/** The name for calls that were made through a variable, so that no site is known. */
const UNKNOWN_SITE = "?";

type AnyFunction = (...args: never[]) => unknown;
type Sited = AnyFunction & { [SITED]?: (site: string) => AnyFunction };

/** A function that can be called as it is, or be told its site first. */
export function sited<F extends AnyFunction>(make: (site: string) => F): F {
  const fn = make(UNKNOWN_SITE);
  Object.defineProperty(fn, SITED, { value: make });
  return fn;
}

export function atSite<F>(site: string, callee: F): F {
  if (typeof callee !== "function") return callee;
  const make = (callee as unknown as Sited)[SITED];
  return make === undefined ? callee : (make(site) as unknown as F);
}
