/** What the id of a stream says, for those who have nothing else of it. */
import { StreamError } from "../contract/error";
import { parseStreamId, type StreamPlan } from "../contract/stream";

/** Throws for what is no id. */
export function planOf(streamId: string): StreamPlan {
  const plan = parseStreamId(streamId);
  if (plan) return plan;
  throw new StreamError("STREAM_UNKNOWN", `"${streamId.slice(0, 80)}" is no id of a stream`);
}
