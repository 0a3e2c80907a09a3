/** The text of a value that may hold bodies, blobs and streams, which have to be read for it. */
import type { Codec, ValueName } from "../codec/codec";
import { inPlace, type StreamPlace } from "../streams/place";
import { findUnread } from "./body-content";
import { readContents } from "./read-content";

export interface ReadingOptions {
  /** Ends the reading; the promise then rejects with its reason. Asked for only if something is read. */
  readonly signal?: AbortSignal | undefined;
  /** Where streams of this process go. */
  readonly place?: StreamPlace;
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
  const { place } = options;
  const encode = () =>
    place ? inPlace(place, () => codec.encode(value, what)) : codec.encode(value, what);
  const { result, sources } = findUnread(encode);
  if (sources.length === 0) return result;
  return readContents(sources, options.signal).then(encode);
}
