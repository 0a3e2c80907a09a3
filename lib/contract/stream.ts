/**
 * Streams of a run are known by an id, and that id is all that passes between workflow, steps and
 * clients: `strm_<run>_user`, and for a named one the name behind it, base64url of its UTF-8.
 */
const RUN_PREFIX = "wrun_";

export function buildStreamId(runId: string, encodedName = ""): string {
  const run = runId.startsWith(RUN_PREFIX) ? runId.slice(RUN_PREFIX.length) : runId;
  return encodedName === "" ? `strm_${run}_user` : `strm_${run}_user_${encodedName}`;
}
