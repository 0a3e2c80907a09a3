/** The body of a request or response of Node, as a part of stored text and back. */
import { MalformedParts } from "../codec/codec-type";
import { tagOf } from "../codec/describe";
import { notSerializable } from "../codec/refusal";
import { type Content, contentOf, rememberContent } from "./body-content";
import { knownStream } from "../streams/place";
import { bytesOf, isContent } from "./stream-types";

type Message = Request | Response;

export interface MessageBody {
  /** Bytes even for text: of those no constructor makes a header. */
  init: Uint8Array<ArrayBuffer> | ReadableStream | null;
  /** Absent for a stream, whose bytes are elsewhere. */
  content?: Content;
}

const TEXT =
  /^\s*(?:text\/|application\/(?:json|xml|javascript|graphql|x-ndjson|x-www-form-urlencoded)\b|[\w.-]+\/[\w.-]+\+(?:json|xml)\b)/i;

export function bodyPart(message: Message, name: string): unknown {
  const { body, headers } = message;
  if (tagOf(headers) !== "Headers") throw notSerializable(`${name} without Headers`);
  if (body === null) return null;
  if (typeof body !== "object" || !("getReader" in body)) {
    throw notSerializable(`${name} whose body is no ReadableStream`);
  }
  if (knownStream(body)) return body;
  const isText = isTextType(headers);
  return contentOf({ stream: body, name, isText, declaredBytes: declaredBytes(headers) });
}

/** Whether a body is of a type that is text, which is easier to read where it is stored. */
export function isTextType(headers: Headers): boolean {
  return TEXT.test(headers.get("content-type") ?? "");
}

export function bodyFromPart(part: unknown): MessageBody {
  if (part === null) return { init: null };
  if (isContent(part)) return { init: bytesOf(part), content: part };
  if (part instanceof ReadableStream) return { init: part };
  throw new MalformedParts("a body that is none");
}

export function rememberBody<M extends Message>(message: M, { content }: MessageBody): M {
  if (content !== undefined && message.body) rememberContent(message.body, content);
  return message;
}

/** What was compressed on its way has another length now. */
function declaredBytes(headers: Headers): number {
  return headers.has("content-encoding") ? 0 : Number(headers.get("content-length") ?? 0);
}
