/** `Request` as a value: making one sends nothing (SG-13, SG-14). */
import { once } from "./define";
import { type HeadersInstance, headersClass } from "./headers";
import { isObject, RealmTypeError } from "./intrinsics";
import { addMembers, type MessageParts, setBody } from "./message";
import { registerClass } from "./platform-class";
import { readSettings, type RequestSettings, USUAL_SETTINGS } from "./request-settings";
import { urlClass } from "./url";
import { usvString } from "./usv-string";

export interface RequestParts extends MessageParts, RequestSettings {
  url: string;
  method: string;
  duplex: "half";
}

type RequestInit = { [name in "method" | "headers" | "body"]?: unknown } | null;

const FIELDS = [
  ...(["url", "method", "headers", "duplex"] as const),
  ...(Object.keys(USUAL_SETTINGS) as (keyof RequestSettings)[]),
];

/** In the place of an address: the parts are given as they are. */
const FROM_PARTS = {};

const requests = once(() => {
  let partsIn: (value: object) => RequestParts | undefined;

  class Request {
    readonly #parts: RequestParts;

    static {
      partsIn = (value) => (#parts in value ? value.#parts : undefined);
    }

    constructor(input: unknown, init: RequestInit = {}) {
      const isMade = input === FROM_PARTS;
      this.#parts = isMade ? (init as RequestParts) : partsFrom(input, init ?? {}, partsIn);
    }
  }
  const partsOf = (value: object) => {
    const parts = partsIn(value);
    if (parts) return parts;
    throw new RealmTypeError("The receiver is not a Request");
  };
  const make = (parts: RequestParts) => new Request(FROM_PARTS, parts as RequestInit);
  addMembers(Request, { partsOf, fields: FIELDS, make });
  registerClass(Request, {
    name: "Request",
    show: (request) => Object.fromEntries(FIELDS.map((name) => [name, partsOf(request)[name]])),
  });
  return { Request, partsIn: partsIn! };
});

export function requestClass() {
  return requests().Request;
}

/** `undefined` for what is no request. */
export function requestParts(value: object): RequestParts | undefined {
  return requests().partsIn(value);
}

/** A request that arrived from outside; what is not given is as usual. */
export function makeRequest(given: Partial<RequestParts> & { url: string }): object {
  const { Request } = requests();
  const headers = given.headers ?? new (headersClass())();
  const parts = { ...usualParts(given.url, headers), ...given, headers };
  return new Request(FROM_PARTS, parts);
}

function usualParts(url: string, headers: HeadersInstance): RequestParts {
  return { ...USUAL_SETTINGS, url, method: "GET", headers, body: null, duplex: "half" };
}

function partsFrom(
  input: unknown,
  init: NonNullable<RequestInit>,
  partsIn: (value: object) => RequestParts | undefined,
): RequestParts {
  const Headers = headersClass();
  const base = isObject(input) ? partsIn(input) : undefined;
  const { headers = base?.headers } = init;
  const parts: RequestParts = {
    ...(base ?? usualParts(parsedUrl(input), new Headers())),
    ...readSettings(init),
    headers: new Headers(headers),
  };
  delete parts.view;
  delete parts.reads;
  if (init.method !== undefined) parts.method = validMethod(`${init.method as string}`);
  if (init.body !== undefined && init.body !== null) setBody(parts, init.body);
  if (parts.body !== null && (parts.method === "GET" || parts.method === "HEAD")) {
    throw new RealmTypeError("Request with GET/HEAD method cannot have body.");
  }
  return parts;
}

function parsedUrl(input: unknown): string {
  const text = usvString(input);
  const url = urlClass().parse(text) as { href: string; username: string; password: string } | null;
  if (!url) throw new RealmTypeError(`Failed to parse URL from ${text}`);
  if (url.username !== "" || url.password !== "") {
    throw new RealmTypeError("Request cannot be made from a URL with credentials");
  }
  return url.href;
}

function validMethod(method: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) {
    throw new RealmTypeError(`'${method}' is not a valid HTTP method.`);
  }
  const upper = method.toUpperCase();
  if (upper !== "CONNECT" && upper !== "TRACE" && upper !== "TRACK") return upper;
  throw new RealmTypeError(`'${method}' HTTP method is unsupported.`);
}
