/** Values of callers: what they pass to runs, and what they get from them. */
import type { Codec } from "../codec/codec";
import { createHostCodec } from "../engine/host-codec";
import { hostTypes } from "../engine/host-types";

let codec: Codec | undefined;

export function clientCodec(): Codec {
  return (codec ??= createHostCodec(hostTypes));
}
