/** Rows of the codec for the classes of Node that the sandbox has its own of. */
import type { CodecType } from "../codec/codec-type";
import { formTypes } from "./form-types";
import { messageTypes } from "./message-types";
import { runType } from "./run-values";
import { type HostStreams, streamTypes } from "./stream-types";

/** Without `streams`, those that live in the world can be neither stored nor read. */
export function hostTypes(streams?: HostStreams): CodecType[] {
  return [...streamTypes(streams), ...messageTypes(streams), ...formTypes(), runType()];
}
