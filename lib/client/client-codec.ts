/** Values of callers: what they pass to runs, and what they get from them. */
import type { Codec } from "../codec/codec";
import { encodeWithBodies } from "../engine/encode-with-bodies";
import { createHostCodec } from "../engine/host-codec";
import { hostTypes } from "../engine/host-types";

let codec: Codec | undefined;

export function clientCodec(): Codec {
  return (codec ??= createHostCodec(hostTypes));
}

/** A chunk that a caller writes. */
export function encodeChunk(value: unknown): string | Promise<string> {
  return encodeWithBodies(clientCodec(), value, "stream chunk");
}
