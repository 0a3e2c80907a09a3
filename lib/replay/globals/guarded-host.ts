/**
 * The only way from the globals to the host. A function of the host may throw after all, if workflow
 * code has used up the stack; that error is of the host's realm and leads to everything there, so it
 * is replaced on the way, and only its text passes (R2).
 */
import type { ConsoleLevel, GlobalsHost } from "../realm/globals-host";
import { RealmError, RealmRangeError } from "./intrinsics";

let host: GlobalsHost;

/** Called once, before any code of the workflow runs. */
export function adoptHost(given: GlobalsHost): void {
  host = given;
}

export function now(): number {
  try {
    return host.now();
  } catch (error) {
    throw replaced(error);
  }
}

export function random(): number {
  try {
    return host.random();
  } catch (error) {
    throw replaced(error);
  }
}

export function environment(name: string): string | undefined {
  try {
    return host.environment(name);
  } catch (error) {
    throw replaced(error);
  }
}

export function print(level: ConsoleLevel, text: string): void {
  try {
    host.print(level, text);
  } catch (error) {
    throw replaced(error);
  }
}

export function parseUrl(url: string, base: string | undefined): string {
  try {
    return host.parseUrl(url, base);
  } catch (error) {
    throw replaced(error);
  }
}

export function changeUrl(href: string, part: string, value: string): string {
  try {
    return host.changeUrl(href, part, value);
  } catch (error) {
    throw replaced(error);
  }
}

export function digest(algorithm: string, bytes: string): string {
  try {
    return host.digest(algorithm, bytes);
  } catch (error) {
    throw replaced(error);
  }
}

function replaced(error: unknown): Error {
  const { name, message } = error as { name: unknown; message: unknown };
  const text = typeof message === "string" ? message : "The host could not answer";
  return name === "RangeError" ? new RealmRangeError(text) : new RealmError(text);
}
