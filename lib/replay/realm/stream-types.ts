/** Rows of the codec for streams: each is stored as the name of the place where it lives. */
import { type CodecType, MalformedParts, textPart } from "../../codec/codec-type";
import { isContent } from "../globals/body";
import {
  makeContentStream,
  makeStreamHandle,
  streamContent,
  type StreamKind,
  streamKind,
  streamReference,
} from "../globals/streams";

export function streamTypes(): CodecType[] {
  return [streamType("ReadableStream", "readable"), streamType("WritableStream", "writable")];
}

/** The body of a message that was made here lives nowhere else: its content stands for it. */
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
      if (kind === "readable" && isContent(parts[1])) return makeContentStream(parts[1]);
      throw new MalformedParts("a stream without a place");
    },
  };
}
