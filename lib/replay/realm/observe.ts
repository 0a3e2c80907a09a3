/**
 * Handlers on a promise that run no code of the workflow.
 *
 * `then` asks the promise for its `constructor`, to make the promise it returns: a getter, a subclass
 * or a species of the workflow would run outside of an entry, and may throw. Where `constructor` is
 * undefined, the plain one is taken.
 */
const RealmPromise = Promise;
const { prototype } = RealmPromise;
const thenOf = prototype.then;
const { hasOwnProperty } = Object.prototype;
const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { species } = Symbol;
const speciesGetter = getOwnPropertyDescriptor(RealmPromise, species)!.get;

type Handler = ((value: unknown) => unknown) | undefined;

/** The promise that `then` makes; undefined for one that cannot be observed. */
export function observe(
  promise: Promise<unknown>,
  onValue: Handler,
  onError: Handler,
  isPlainClass = isClassPlain(),
): Promise<unknown> | undefined {
  return isPlainClass && isPlain(promise)
    ? apply(thenOf, promise, [onValue, onError])
    : observeOther(promise, onValue, onError);
}

/** Whether plain promises lead to nothing but the engine's own class. */
export function isClassPlain(): boolean {
  return (
    getOwnPropertyDescriptor(prototype, "constructor")?.value === RealmPromise &&
    getOwnPropertyDescriptor(RealmPromise, species)?.get === speciesGetter
  );
}

function isPlain(promise: object): boolean {
  return getPrototypeOf(promise) === prototype && !apply(hasOwnProperty, promise, ["constructor"]);
}

function observeOther(
  promise: Promise<unknown>,
  onValue: Handler,
  onError: Handler,
): Promise<unknown> | undefined {
  const own = getOwnPropertyDescriptor(promise, "constructor");
  // One whose constructor cannot be hidden keeps it, and what `then` asks may throw: a program has to
  // go out of its way to make a rejected promise of that kind.
  const isHidden = defineProperty(promise, "constructor", { value: undefined, configurable: true });
  try {
    return apply(thenOf, promise, [onValue, onError]);
  } catch {
    return undefined;
  } finally {
    if (isHidden && own) defineProperty(promise, "constructor", own);
    else if (isHidden) deleteProperty(promise, "constructor");
  }
}
