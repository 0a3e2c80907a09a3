/** `Response` as a value (SG-13, SG-15). */
import { once } from "./define";
import { headersClass } from "./headers";
import { RealmRangeError, RealmTypeError, stringifyJson } from "./intrinsics";
import { addMembers, type MessageParts, setBody } from "./message";
import { registerClass } from "./platform-class";
import { notSupported } from "./unavailable";
import { urlClass } from "./url";
import { usvString } from "./usv-string";

export interface ResponseParts extends MessageParts {
  type: string;
  url: string;
  redirected: boolean;
  status: number;
  ok: boolean;
  statusText: string;
}

type ResponseInit = { [name in "status" | "statusText" | "headers"]?: unknown } | null;

const FIELDS = ["type", "url", "redirected", "status", "ok", "statusText", "headers"] as const;
const WITHOUT_BODY = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/** In the place of a body: the parts are given as they are. */
const FROM_PARTS = {};

const responses = once(() => {
  let partsIn: (value: object) => ResponseParts | undefined;

  class Response {
    readonly #parts: ResponseParts;

    static {
      partsIn = (value) => (#parts in value ? value.#parts : undefined);
    }

    constructor(body: unknown = null, init: ResponseInit = {}) {
      const isMade = body === FROM_PARTS;
      this.#parts = isMade ? (init as ResponseParts) : partsFrom(body, init ?? {});
    }

    static json(data: unknown, init?: ResponseInit): Response {
      const text = stringifyJson(data);
      if (text === undefined) throw new RealmTypeError("The data cannot be written as JSON");
      const headers = new (headersClass())(init?.headers);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
      return new Response(text, { ...init, headers });
    }

    static redirect(address: unknown, status: unknown = 302): Response {
      const url = urlClass().parse(address);
      if (!url) throw new RealmTypeError(`Failed to parse URL from ${usvString(address)}`);
      if (!REDIRECTS.includes(Number(status))) {
        throw new RealmRangeError(`Invalid status code ${status as number}`);
      }
      return new Response(null, { status, headers: { location: url.toString() } });
    }

    static error(): never {
      throw notSupported("Response.error()");
    }
  }
  const partsOf = (value: object) => {
    const parts = partsIn(value);
    if (parts) return parts;
    throw new RealmTypeError("The receiver is not a Response");
  };
  const make = (parts: ResponseParts) => new Response(FROM_PARTS, parts as ResponseInit);
  addMembers(Response, { partsOf, fields: FIELDS, make });
  registerClass(Response, {
    name: "Response",
    show: (response) => Object.fromEntries(FIELDS.map((name) => [name, partsOf(response)[name]])),
  });
  return { Response, partsIn: partsIn! };
});

export function responseClass() {
  return responses().Response;
}

/** `undefined` for what is no response. */
export function responseParts(value: object): ResponseParts | undefined {
  return responses().partsIn(value);
}

/** A response that arrived from outside; what is not given is as usual. */
export function makeResponse(given: Partial<Omit<ResponseParts, "ok">>): object {
  const { Response } = responses();
  const parts = { ...usualParts(), ...given };
  return new Response(FROM_PARTS, { ...parts, ok: isOk(parts.status) } as ResponseInit);
}

function usualParts(): ResponseParts {
  const headers = new (headersClass())();
  const line = { status: 200, ok: true, statusText: "" };
  return { type: "default", url: "", redirected: false, ...line, headers, body: null };
}

function partsFrom(body: unknown, init: NonNullable<ResponseInit>): ResponseParts {
  const parts = usualParts();
  if (init.status !== undefined) parts.status = Number(init.status) & 0xffff;
  if (parts.status < 200 || parts.status > 599) {
    throw new RealmRangeError('init["status"] must be in the range of 200 to 599, inclusive.');
  }
  parts.ok = isOk(parts.status);
  if (init.statusText !== undefined) parts.statusText = `${init.statusText as string}`;
  if (!REASON.test(parts.statusText)) throw new RealmTypeError("Invalid statusText");
  parts.headers = new (headersClass())(init.headers);
  if (body === null || body === undefined) return parts;
  if (WITHOUT_BODY.includes(parts.status)) {
    throw new RealmTypeError(`Response with status ${parts.status} cannot have body.`);
  }
  setBody(parts, body);
  return parts;
}

function isOk(status: number): boolean {
  return status >= 200 && status <= 299;
}
