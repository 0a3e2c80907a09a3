/**
 * Rows of the codec for streams, as lib/replay/realm/stream-types.ts has them in the sandbox. Which
 * streams there are is known by the place in which a value is read or written.
 */
import {
  type CodecType,
  getterOf,
  hasSlot,
  MalformedParts,
  textPart,
  type TypeRow,
} from "../codec/codec-type";
import { tagOf } from "../codec/describe";
import { notSerializable } from "../codec/refusal";
import { unreadable } from "../codec/unreadable";
import { currentPlace, knownStream, rememberStream, type StreamPlace } from "../streams/place";
import { type Content, contentOf, isKnown, refuseIfUsed, rememberContent } from "./body-content";

export function streamTypes(): CodecType[] {
  return [readableType(), writableType()];
}

/** A stream that has no place in the world, and gets none, is stored as what it holds. */
function readableType(): CodecType {
  const row: StreamRow<ReadableStream> = {
    toParts(stream) {
      const streamId = idOf(stream) ?? sent(stream);
      if (streamId !== undefined) return [streamId];
      return [null, contentOf({ stream, name: "a ReadableStream", isText: false })];
    },
    create(parts) {
      if (parts[0] !== null) return placeOf(parts).openReadable(textPart(parts, 0));
      if (isContent(parts[1])) return contentStream(parts[1]);
      throw new MalformedParts("a stream without a place");
    },
  };
  return streamType(ReadableStream, "getReader", row);
}

function writableType(): CodecType {
  const row: StreamRow<WritableStream> = {
    toParts(stream) {
      const streamId = idOf(stream) ?? received(stream);
      if (streamId !== undefined) return [streamId];
      throw notSerializable("a WritableStream that is not of a run - pass one of getWritable()");
    },
    create: (parts) => placeOf(parts).openWritable(textPart(parts, 0)),
  };
  return streamType(WritableStream, "getWriter", row);
}

type StreamRow<S extends object> = Pick<TypeRow<S>, "toParts" | "create">;

/**
 * Node makes some streams, such as those of `tee` and `pipeThrough`, of a class of its own between the
 * two, so the prototype says nothing: they are known by what is inside. One of another copy of the
 * class is known by its tag.
 */
function streamType<S extends object>(
  { name, prototype }: { readonly name: string; readonly prototype: S },
  method: string,
  row: StreamRow<S>,
): CodecType {
  const probe = getterOf(prototype, "locked");
  const is = (value: object) => hasSlot(probe, value) || (tagOf(value) === name && method in value);
  const type: StreamRow<S> & Pick<CodecType, "name" | "is"> = { name, is, ...row };
  return type;
}

/** Undefined for a stream that has no place in the world. */
export function idOf(stream: ReadableStream | WritableStream): string | undefined {
  const known = knownStream(stream);
  if (!known) return undefined;
  if (stream.locked && !known.isSent) throw inUse(stream);
  return known.streamId;
}

function sent(stream: ReadableStream): string | undefined {
  const place = currentPlace();
  // What it holds is known, however it was used (B1).
  if (!place?.send || isKnown(stream)) return undefined;
  if (stream.locked) throw inUse(stream);
  refuseIfUsed(stream, "a ReadableStream");
  const streamId = place.send(stream);
  rememberStream(stream, streamId, true);
  return streamId;
}

function received(stream: WritableStream): string | undefined {
  const place = currentPlace();
  if (!place?.receive) return undefined;
  if (stream.locked) throw inUse(stream);
  const streamId = place.receive(stream);
  rememberStream(stream, streamId, true);
  return streamId;
}

function inUse(stream: ReadableStream | WritableStream) {
  const [name, holder] =
    stream instanceof ReadableStream ? ["ReadableStream", "reader"] : ["WritableStream", "writer"];
  return notSerializable(`a stream in use: ${name} is locked - release its ${holder} first`);
}

function placeOf(parts: readonly unknown[]): StreamPlace {
  const place = currentPlace();
  if (place) return place;
  const shown = JSON.stringify(textPart(parts, 0).slice(0, 80));
  throw unreadable(`it holds the stream ${shown}, and streams of runs cannot be opened here`);
}

export function isContent(part: unknown): part is Content {
  return typeof part === "string" || part instanceof Uint8Array;
}

function contentStream(content: Content): ReadableStream {
  const { body } = new Response(bytesOf(content));
  rememberContent(body!, content);
  return body!;
}

export function bytesOf(content: Content): Uint8Array<ArrayBuffer> {
  if (typeof content !== "string") return content as Uint8Array<ArrayBuffer>;
  return new TextEncoder().encode(content) as Uint8Array<ArrayBuffer>;
}
