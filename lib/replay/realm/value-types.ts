/**
 * Rows of the codec for what workflow code holds but does not own: streams, and the messages whose
 * bodies may be streams. A stream is stored as the name of the place where it lives.
 */
import { type CodecType, MalformedParts, numberPart, textPart } from "../../codec/codec-type";
import type { Body } from "../globals/body";
import { headersClass, type HeadersInstance } from "../globals/headers";
import type { MessageParts } from "../globals/message";
import { makeRequest, requestParts, type RequestParts } from "../globals/request";
import { makeResponse, responseParts, type ResponseParts } from "../globals/response";
import {
  makeContentStream,
  makeStreamHandle,
  streamContent,
  type StreamKind,
  streamKind,
  streamReference,
} from "../globals/streams";

export function realmTypes(): CodecType[] {
  return [
    streamType("ReadableStream", "readable"),
    streamType("WritableStream", "writable"),
    REQUEST,
    RESPONSE,
  ];
}

/** What a stream holds stands in the place of a reference where a message was made here. */
function streamType(name: string, kind: StreamKind): CodecType {
  return {
    name,
    is: (value) => streamKind(value) === kind,
    toParts(handle) {
      const reference = streamReference(handle);
      return reference === undefined ? [null, streamContent(handle)] : [reference];
    },
    create(parts) {
      if (parts[0] !== null) return makeStreamHandle(kind, textPart(parts, 0));
      const content = parts[1];
      if (typeof content === "string") return makeContentStream(content);
      if (content instanceof Uint8Array)
        return makeContentStream(content as Uint8Array<ArrayBuffer>);
      throw new MalformedParts("a stream without a place");
    },
  };
}

/** The rest of a message: an older version may have stored fewer of them, a later one more. */
type Fields = Record<string, unknown>;

const REQUEST: CodecType = {
  name: "Request",
  is: (value) => requestParts(value) !== undefined,
  toParts(value) {
    const { method, url, headers, body, ...fields } = withoutView(requestParts(value)!);
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
    const { status, statusText, headers, body, ...fields } = withoutView(responseParts(value)!);
    return [status, statusText, headers, body, fields];
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

/** What `body` shows is made again by whoever looks. */
function withoutView<M extends MessageParts>({ view: _view, ...parts }: M): Omit<M, "view"> {
  return parts;
}

function headersPart(parts: readonly unknown[], index: number): HeadersInstance {
  const part = parts[index];
  if (part instanceof headersClass()) return part;
  throw new MalformedParts("a message without headers");
}

function bodyPart(parts: readonly unknown[], index: number): Body {
  const part = parts[index];
  const isContent = part === null || typeof part === "string" || part instanceof Uint8Array;
  if (isContent || (typeof part === "object" && streamKind(part) === "readable")) {
    return part as Body;
  }
  throw new MalformedParts("a body that is none");
}

function fieldsPart(parts: readonly unknown[], index: number): Fields {
  const part = parts[index];
  if (typeof part === "object" && part !== null) return part as Fields;
  throw new MalformedParts("a message without its fields");
}
