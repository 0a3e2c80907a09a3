/** The only way from the globals to the host: functions that workflow code cannot replace. */
import type { ConsoleLevel, GlobalsHost } from "../realm/globals-host";
import { guardMethods } from "../realm/guard-methods";

const METHODS = [
  ...(["now", "random", "environment", "print", "parseUrl", "changeUrl", "digest"] as const),
];

let host: GlobalsHost;

/** Called once, before any code of the workflow runs. */
export function adoptHost(given: GlobalsHost): void {
  host = guardMethods(given, METHODS);
}

export function now(): number {
  return host.now();
}

export function random(): number {
  return host.random();
}

export function environment(name: string): string | undefined {
  return host.environment(name);
}

export function print(level: ConsoleLevel, text: string): void {
  host.print(level, text);
}

export function parseUrl(url: string, base: string | undefined): string {
  return host.parseUrl(url, base);
}

export function changeUrl(href: string, part: string, value: string): string {
  return host.changeUrl(href, part, value);
}

export function digest(algorithm: string, bytes: string): string {
  return host.digest(algorithm, bytes);
}
