/** The codec of the host, with the classes and steps of the tests registered. */
import { findRecord, registryRecords } from "../../lib/contract/registry";
import { createHostCodec } from "../../lib/engine/host-codec";
import { charge, CHARGE, CLASSES } from "./registered";

// Tests are compiled as workflow code is, which registers most of the classes already.
for (const [id, fn] of Object.entries(CLASSES)) {
  if (findRecord(id)) continue;
  registryRecords().push({ kind: "class", id, fn: fn as never, at: "registered.ts:1" });
}
registryRecords().push({ kind: "step", id: CHARGE, fn: charge as never, at: "registered.ts:1" });

export const codec = createHostCodec();

/** There and back. */
export function roundTrip(value: unknown): unknown {
  return codec.decode(codec.encode(value, "step arguments"));
}
