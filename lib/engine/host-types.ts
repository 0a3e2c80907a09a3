/** Rows of the codec for the classes of Node that the sandbox has its own of. */
import type { CodecType } from "../codec/codec-type";
import { formTypes } from "./form-types";
import { messageTypes } from "./message-types";
import { runType } from "./run-values";
import { streamTypes } from "./stream-types";

export function hostTypes(): CodecType[] {
  return [...streamTypes(), ...messageTypes(), ...formTypes(), runType()];
}
