/** The text of a value that may hold bodies, blobs and streams, which have to be read for it. */
import type { Codec, ValueName } from "../codec/codec";
import { findUnread } from "./body-content";
import { readContents } from "./read-content";

export interface ReadingOptions {
  /** Ends the reading; the promise then rejects with its reason. Asked for only if something is read. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The text at once where nothing has to be read: such a value costs what `codec.encode` costs. What
 * has to be read is read to its end, so that nobody else can, and the value is encoded again then.
 *
 * Throws or rejects with a `SerializationError` for what cannot be stored. What broke off while it
 * was read rejects with an error that says so: it may go well another time.
 */
export function encodeWithBodies(
  codec: Codec,
  value: unknown,
  what: ValueName,
  options: ReadingOptions = {},
): string | Promise<string> {
  const { result, sources } = findUnread(() => codec.encode(value, what));
  if (sources.length === 0) return result;
  return readContents(sources, options.signal).then(() => codec.encode(value, what));
}
