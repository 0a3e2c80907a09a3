/**
 * What `error.stack` shows: the frames of the bundle and no others, so that a stack says the same on
 * every machine and leads nowhere.
 *
 * - S1 Call sites of the engine never reach workflow code: they can be objects of the host's realm,
 *   and know the functions and receivers of its frames. Workflow code gets copies made of texts.
 * - S2 Node asks `globalThis.Error.prepareStackTrace` for every error of the realm, so neither of the
 *   two properties can be replaced by something that would see the engine's call sites.
 * - S3 How deep the host stands when it enters the realm is not the same everywhere. Frames behind
 *   its own, which are those of awaiting functions, are shown as far as they would be seen with
 *   sixty frames of the host before them.
 */
import { type CallSite, callSites, type EngineCallSite } from "./call-site";
import { defineConstant } from "./define";
import { append, apply, defineProperty, isArray, RealmError, RealmWeakMap } from "./intrinsics";

const LIMIT = 100;
const FRAMES_SHOWN = 30;
const FRAMES_OF_HOST = 60;

const { toString: errorToString } = Error.prototype;
const { get: known, set: remember } = WeakMap.prototype;

type Prepare = (error: unknown, sites: unknown) => unknown;

export function installStack(scope: object, bundleName: string): void {
  const format: Prepare = (error, sites) => formatStack(error, visibleSites(sites, bundleName));
  const wrappers = new RealmWeakMap<object, Prepare>();
  const wrap = (wanted: Prepare): Prepare => {
    const wrapper: Prepare = (error, sites) =>
      apply(wanted, RealmError, [error, visibleSites(sites, bundleName)]);
    apply(remember, wrappers, [wrapper, wrapper]);
    return wrapper;
  };
  apply(remember, wrappers, [format, format]);
  let current = format;
  defineProperty(RealmError, "prepareStackTrace", {
    get: () => current,
    set(wanted: unknown) {
      if (typeof wanted !== "function") current = format;
      else current = apply(known, wrappers, [wanted]) ?? wrap(wanted as Prepare);
    },
    configurable: false,
  });
  // Writable, because libraries set it for a moment; V8 takes no accessor for it.
  defineProperty(RealmError, "stackTraceLimit", { value: LIMIT, configurable: false });
  defineConstant(scope, "Error", RealmError);
}

function formatStack(error: unknown, sites: CallSite[]): string {
  let text = titleOf(error);
  for (let index = 0; index < sites.length; index++) {
    text += `\n    at ${(sites[index] as CallSite).toString()}`;
  }
  return text;
}

/** An error may have a name or a message that throws when it is read. */
function titleOf(error: unknown): string {
  try {
    return apply(errorToString, error, []);
  } catch {
    return "<error>";
  }
}

function visibleSites(given: unknown, bundleName: string): CallSite[] {
  const visible: CallSite[] = [];
  if (!isArray(given)) return visible;
  const sites = given as EngineCallSite[];
  const CallSite = callSites();
  let behindHost = sites.length;
  let lastBefore = 0;
  for (let index = 0; index < sites.length && visible.length < FRAMES_SHOWN; index++) {
    const site = new CallSite(sites[index] as EngineCallSite);
    if (site.isAsync() && behindHost > index) behindHost = index;
    if (site.getFileName() !== bundleName) continue;
    if (index < behindHost) lastBefore = index + 1;
    else if (index - behindHost >= limit() - FRAMES_OF_HOST - lastBefore) break;
    append(visible, site);
  }
  return visible;
}

function limit(): number {
  const { stackTraceLimit } = RealmError as { stackTraceLimit?: unknown };
  return typeof stackTraceLimit === "number" ? stackTraceLimit : LIMIT;
}
