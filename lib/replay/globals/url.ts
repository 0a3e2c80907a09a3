/** `URL`. Addresses are parsed by the host, from text to text; the rest happens here. */
import type { UrlParts } from "../realm/globals-host";
import { once } from "./define";
import { changeUrl, parseUrl } from "./guarded-host";
import { defineProperty, getOwnPropertyDescriptor, parseJson, RealmTypeError } from "./intrinsics";
import { registerClass } from "./platform-class";
import { searchParamsClass } from "./url-search-params";
import { usvString } from "./usv-string";

type Part = keyof UrlParts;

const PARTS: Part[] = [
  ...(["href", "origin", "protocol", "username", "password", "host", "hostname"] as const),
  ...(["port", "pathname", "search", "hash"] as const),
];

export const urlClass = once(() => {
  let read: (url: object, part: Part) => string;
  let write: (url: object, part: Part, value: unknown) => void;

  class URL {
    #parts: UrlParts;
    #params: object | undefined;

    static {
      read = (url, part) => (url as URL).#parts[part];
      write = (url, part, value) => (url as URL).#write(part, value);
    }

    constructor(address: unknown, base: unknown = undefined) {
      const parts = parsed(address, base);
      if (!parts) throw invalidUrl(address);
      this.#parts = parts;
    }

    static canParse(address: unknown, base: unknown = undefined): boolean {
      return parsed(address, base) !== null;
    }

    static parse(address: unknown, base: unknown = undefined): URL | null {
      return parsed(address, base) && new URL(address, base);
    }

    get searchParams(): object {
      return (this.#params ??= searchParamsClass().view.link(this.#parts.search, () => {
        this.#parts = changed(this.#parts, "search", `${this.#params as object}`);
      }));
    }

    toString(): string {
      return this.#parts.href;
    }

    toJSON(): string {
      return this.#parts.href;
    }

    #write(part: Part, value: unknown): void {
      this.#parts = changed(this.#parts, part, usvString(value));
      const isQuery = part === "href" || part === "search";
      if (this.#params && isQuery)
        searchParamsClass().view.reload(this.#params, this.#parts.search);
    }
  }

  for (const part of PARTS) defineProperty(URL.prototype, part, accessor(part, read!, write!));
  registerClass(URL, { name: "URL", show: shown });
  return URL;
});

function accessor(
  part: Part,
  read: (url: object, part: Part) => string,
  write: (url: object, part: Part, value: unknown) => void,
): PropertyDescriptor {
  const members = {
    get [part](): string {
      return read(this, part);
    },
    set [part](value: unknown) {
      write(this, part, value);
    },
  };
  const { get, set } = getOwnPropertyDescriptor(members, part) as PropertyDescriptor;
  return { get, set: part === "origin" ? undefined : set, enumerable: true, configurable: true };
}

function shown(url: object): unknown {
  const parts = PARTS.map((part) => [part, (url as Record<Part, string>)[part]]);
  const { searchParams } = url as { searchParams: unknown };
  return { ...Object.fromEntries(parts), searchParams };
}

function parsed(address: unknown, base: unknown): UrlParts | null {
  const text = parseUrl(usvString(address), base === undefined ? undefined : usvString(base));
  return text === "" ? null : (parseJson(text) as UrlParts);
}

function changed(parts: UrlParts, part: Part, value: string): UrlParts {
  const text = changeUrl(parts.href, part, value);
  if (text === "") throw invalidUrl(value);
  return parseJson(text) as UrlParts;
}

function invalidUrl(input: unknown): Error {
  return Object.assign(new RealmTypeError("Invalid URL"), {
    code: "ERR_INVALID_URL",
    input: `${input as string}`,
  });
}
