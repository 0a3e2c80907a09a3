/**
 * Streams of a run are known by an id, and that id is all that passes between workflow, steps and
 * clients. It says whose the stream is and what it is for, so whoever has it can read and write:
 *
 *     strm_<run>_user            what `getWritable()` gives
 *     strm_<run>_user_<name>     one with a namespace, as base64url of its UTF-8
 *     strm_<run>_in_…            what a caller passed in
 *     strm_<run>_to_…            what a caller listens to
 *     strm_<run>_out_…           what a step returned
 *     strm_<run>_body_… _reply_… bodies of requests and answers, and the answers themselves
 *
 * `<run>` is what stands behind `wrun_` of a generated id. Ids that somebody chose stand there whole,
 * and a dot behind them, which no such id has in it.
 */
import type { StreamName } from "./world";

const GENERATED = /^wrun_([0-9A-HJKMNP-TV-Z]{26})$/;
const STREAM =
  /^strm_(?:([0-9A-HJKMNP-TV-Z]{26})_|([^.]+)\.)((user|in|to|out|body|reply)(?:_.*)?)$/s;
const BYTES = "_bytes";

export type StreamPurpose = "user" | "in" | "to" | "out" | "body" | "reply";

export interface StreamPlan extends StreamName {
  purpose: StreamPurpose;
  /** Its chunks are bytes, as those of a byte stream are. */
  isBytes: boolean;
}

/** Of the streams that `getWritable` gives. */
export function buildStreamId(runId: string, encodedName = ""): string {
  return idOf(runId, encodedName === "" ? "user" : `user_${encodedName}`);
}

/** Of all others. The name must be the only one of its purpose in the run. */
export function buildOwnStreamId(
  runId: string,
  purpose: Exclude<StreamPurpose, "user">,
  name: string,
  isBytes = false,
): string {
  return idOf(runId, `${purpose}_${name}${isBytes ? BYTES : ""}`);
}

/** Null for what is no id of a stream. */
export function parseStreamId(streamId: string): StreamPlan | null {
  const match = STREAM.exec(streamId);
  if (!match) return null;
  const [, generated, chosen, rest] = match;
  const purpose = match[4] as StreamPurpose;
  return {
    streamId,
    runId: generated === undefined ? chosen! : `wrun_${generated}`,
    isDefault: rest === "user",
    // What a step returned may still be on its way when its run is over.
    ...(purpose === "out" && { outlivesRun: true }),
    purpose,
    isBytes: purpose !== "user" && rest!.endsWith(BYTES),
  };
}

function idOf(runId: string, rest: string): string {
  const generated = GENERATED.exec(runId)?.[1];
  return generated === undefined ? `strm_${runId}.${rest}` : `strm_${generated}_${rest}`;
}
