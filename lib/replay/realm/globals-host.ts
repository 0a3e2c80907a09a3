/**
 * What the globals of the sandbox ask of the host. Only strings and numbers cross (R2), and none of
 * these functions may throw: an error of the host's realm must not reach workflow code.
 */
export interface GlobalsHost {
  /** The time of the last applied event, in milliseconds. It never moves by itself (R5). */
  now(): number;
  /** The next number of the run's own sequence, from 0 up to 1. */
  random(): number;
  /** The value of an environment variable, recorded at the first read. */
  environment(name: string): string | undefined;
  /** One line of `console`, already formatted. */
  print(level: ConsoleLevel, text: string): void;
  /** The parts of an address as JSON (see `UrlParts`), or "" where it cannot be parsed. */
  parseUrl(url: string, base: string | undefined): string;
  /** The parts after setting one of them the way the setter of a URL does. */
  changeUrl(href: string, part: string, value: string): string;
  /** The digest of bytes, both as base64; "" for an algorithm that is not known. */
  digest(algorithm: string, bytes: string): string;
}

export type ConsoleLevel = "debug" | "log" | "info" | "warn" | "error";

/** The properties of a URL that are not made from others. */
export interface UrlParts {
  href: string;
  origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
}
