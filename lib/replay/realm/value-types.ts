/** Rows of the codec that only the sandbox has in this form: what its own classes of the web hold. */
import type { CodecType } from "../../codec/codec";
import { formTypes } from "./form-types";
import { messageTypes } from "./message-types";
import { streamTypes } from "./stream-types";

export function realmTypes(): CodecType[] {
  return [...streamTypes(), ...messageTypes(), ...formTypes()];
}
