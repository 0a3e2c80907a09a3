/**
 * The host as code inside the realm calls it. Its functions do not throw, but where workflow code has
 * used up the stack, the call itself may; that error is of the host's realm and leads to everything
 * there, so it is replaced on the way, and only its text passes (R2).
 */
import { apply, RealmError, RealmRangeError } from "../globals/intrinsics";

type Method = (...args: never[]) => unknown;

export function guardMethods<H extends object, N extends keyof H & string>(
  host: H,
  names: readonly N[],
): Pick<H, N> {
  const guarded: Partial<Record<N, Method>> = {};
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as N;
    guarded[name] = guard(host, host[name] as Method);
  }
  return guarded as Pick<H, N>;
}

function guard(host: object, method: Method): Method {
  return (...args) => {
    try {
      return apply(method, host, args);
    } catch (error) {
      throw replaced(error);
    }
  };
}

function replaced(error: unknown): Error {
  const { name, message } = error as { name: unknown; message: unknown };
  const text = typeof message === "string" ? message : "The host could not answer";
  return name === "RangeError" ? new RealmRangeError(text) : new RealmError(text);
}
