/** Rows of the codec for streams, as lib/replay/realm/stream-types.ts has them in the sandbox. */
import { type CodecType, getterOf, MalformedParts, textPart } from "../codec/codec-type";
import { notSerializable } from "../codec/refusal";
import { unreadable } from "../codec/unreadable";
import { type Content, contentOf, rememberContent } from "./body-content";
import { platformType } from "./platform-type";

export type StreamKind = "readable" | "writable";

/** Streams that live in a place of the world. */
export interface HostStreams {
  /** The stream that is called so in stored text. */
  open(kind: StreamKind, reference: string): ReadableStream | WritableStream;
  /** What a stream is called in stored text; undefined for one that lives nowhere else. */
  referenceOf(stream: ReadableStream | WritableStream): string | undefined;
}

export function streamTypes(streams?: HostStreams): CodecType[] {
  return [readableType(streams), writableType(streams)];
}

/** A stream that lives nowhere else is stored as what it holds. */
function readableType(streams?: HostStreams): CodecType {
  return platformType<ReadableStream>(
    ReadableStream,
    getterOf(ReadableStream.prototype, "locked"),
    {
      toParts(stream) {
        const reference = streams?.referenceOf(stream);
        if (reference !== undefined) return [reference];
        return [null, contentOf({ stream, name: "a ReadableStream", isText: false })];
      },
      create(parts) {
        if (parts[0] !== null) {
          return openStream(streams, "readable", textPart(parts, 0)) as ReadableStream;
        }
        if (isContent(parts[1])) return contentStream(parts[1]);
        throw new MalformedParts("a stream without a place");
      },
    },
  );
}

function writableType(streams?: HostStreams): CodecType {
  return platformType<WritableStream>(
    WritableStream,
    getterOf(WritableStream.prototype, "locked"),
    {
      toParts(stream) {
        const reference = streams?.referenceOf(stream);
        if (reference !== undefined) return [reference];
        throw notSerializable("a WritableStream that is not of a run - pass one of getWritable()");
      },
      create: (parts) => openStream(streams, "writable", textPart(parts, 0)) as WritableStream,
    },
  );
}

function openStream(streams: HostStreams | undefined, kind: StreamKind, reference: string): object {
  if (streams) return streams.open(kind, reference);
  const shown = JSON.stringify(reference.slice(0, 80));
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
