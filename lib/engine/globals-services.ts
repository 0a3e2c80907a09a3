/** What the globals of the sandbox let Node do for them. Text in, text out; nothing here throws. */
import { createHash } from "node:crypto";
import type { GlobalsHost, UrlParts } from "../replay/realm/globals-host";

const HASHES: Readonly<Record<string, string>> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

const SETTABLE = [
  ...(["href", "protocol", "username", "password", "host", "hostname"] as const),
  ...(["port", "pathname", "search", "hash"] as const),
];

export const globalsServices: Pick<GlobalsHost, "parseUrl" | "changeUrl" | "digest"> = {
  parseUrl(address, base) {
    return partsOf(() => new URL(address, base));
  },

  /** Also "" where a new `href` is no address; other parts that make no sense are left as they were. */
  changeUrl(href, part, value) {
    return partsOf(() => {
      const url = new URL(href);
      const known = SETTABLE.find((name) => name === part);
      if (known !== undefined) url[known] = value;
      return url;
    });
  },

  digest(algorithm, bytes) {
    const hash = Object.hasOwn(HASHES, algorithm) ? HASHES[algorithm] : undefined;
    if (hash === undefined) return "";
    return createHash(hash).update(Buffer.from(bytes, "base64")).digest("base64");
  },
};

function partsOf(make: () => URL): string {
  let url: URL;
  try {
    url = make();
  } catch {
    return "";
  }
  const { href, origin, protocol, username, password, host, hostname } = url;
  const { port, pathname, search, hash } = url;
  const parts: UrlParts = {
    ...{ href, origin, protocol, username, password, host, hostname },
    ...{ port, pathname, search, hash },
  };
  return JSON.stringify(parts);
}
