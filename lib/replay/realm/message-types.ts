/** Rows of the codec for requests and responses, whose bodies may be streams. */
import { type CodecType, MalformedParts, numberPart, textPart } from "../../codec/codec-type";
import { type Body, isContent, type StreamBody } from "../globals/body";
import { headersClass, type HeadersInstance } from "../globals/headers";
import { makeRequest, requestParts, type RequestParts } from "../globals/request";
import { makeResponse, responseParts, type ResponseParts } from "../globals/response";
import { streamKind } from "../globals/streams";

export function messageTypes(): CodecType[] {
  return [REQUEST, RESPONSE];
}

/** The rest of a message: an older version may have stored fewer of them, a later one more. */
type Fields = Record<string, unknown>;

const REQUEST: CodecType = {
  name: "Request",
  is: (value) => requestParts(value) !== undefined,
  toParts(value) {
    const { method, url, headers, body, ...fields } = stored(requestParts(value)!);
    return [method, url, headers, body, fields];
  },
  create: (parts) =>
    makeRequest({
      ...(fieldsPart(parts, 4) as Partial<RequestParts>),
      method: textPart(parts, 0),
      url: textPart(parts, 1),
      headers: headersPart(parts, 2),
      body: bodyPart(parts, 3),
    }),
};

const RESPONSE: CodecType = {
  name: "Response",
  is: (value) => responseParts(value) !== undefined,
  toParts(value) {
    const { status, statusText, headers, body, ...rest } = responseParts(value)!;
    const { type, url, redirected } = rest;
    return [status, statusText, headers, body, { type, url, redirected }];
  },
  create: (parts) =>
    makeResponse({
      ...(fieldsPart(parts, 4) as Partial<ResponseParts>),
      status: numberPart(parts, 0),
      statusText: textPart(parts, 1),
      headers: headersPart(parts, 2),
      body: bodyPart(parts, 3),
    }),
};

/** What `body` shows, and what was read of it, is made again by whoever looks. */
function stored({ view: _view, reads: _reads, ...parts }: RequestParts) {
  return parts;
}

function headersPart(parts: readonly unknown[], index: number): HeadersInstance {
  const part = parts[index];
  if (part instanceof headersClass()) return part;
  throw new MalformedParts("a message without headers");
}

function bodyPart(parts: readonly unknown[], index: number): Body {
  const part = parts[index];
  if (part === null || isContent(part)) return part;
  if (typeof part === "object" && streamKind(part) === "readable") return part as StreamBody;
  throw new MalformedParts("a body that is none");
}

function fieldsPart(parts: readonly unknown[], index: number): Fields {
  const part = parts[index];
  if (typeof part === "object" && part !== null) return part as Fields;
  throw new MalformedParts("a message without its fields");
}
