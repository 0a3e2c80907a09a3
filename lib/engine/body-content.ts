/**
 * What bodies, blobs and streams of the host hold. Node tells it only to those who wait, and the
 * codec does not wait; so it is read before (read-content.ts), and remembered here.
 *
 * B1 What came out of stored text is known from the start, and stays known however it is used.
 * B2 A source that somebody else has read from, or is reading, is refused: part of it is gone.
 * B3 Nothing is read in here.
 */
import { Readable } from "node:stream";
import { notSerializable, type Refusal } from "../codec/refusal";

/** What the sandbox keeps of a body as well. */
export type Content = string | Uint8Array;

export interface Source {
  readonly stream: ReadableStream | Blob;
  /** For messages: `a Response`. */
  readonly name: string;
  /** Its bytes are stored as the text that they spell, if they do. */
  readonly isText: boolean;
  /** How many bytes it says it has. */
  readonly declaredBytes?: number;
}

const contents = new WeakMap<object, () => Content>();

/** Those met by the encoding that is under way, if they are wanted. */
let unread: Source[] | null = null;

export function rememberContent(stream: object, content: Content): void {
  contents.set(stream, () => content);
}

/** From now on, whoever asks for the content gets the refusal, and adds the path to it. */
export function rememberRefusal(stream: object, refusal: () => Refusal): void {
  contents.set(stream, () => {
    throw refusal();
  });
}

export function isKnown(stream: object): boolean {
  return contents.has(stream);
}

/** What a body holds that came out of stored text; undefined for all others. */
export function storedContent(stream: object): Content | undefined {
  return contents.get(stream)?.();
}

/** Throws a refusal for what cannot be known, or is not known yet. */
export function contentOf(source: Source): Content {
  const { stream, name } = source;
  const known = contents.get(stream);
  if (known) return known();
  if (!isBlob(stream)) refuseIfUsed(stream, name);
  if (unread === null) {
    throw notSerializable(`${name} that was not read before it was stored - pass what it holds`);
  }
  unread.push(source);
  return "";
}

/** Runs an encoding, which is of no use if there was something unread. */
export function findUnread<T>(encode: () => T): { result: T; sources: readonly Source[] } {
  const sources: Source[] = [];
  unread = sources;
  try {
    return { result: encode(), sources };
  } finally {
    unread = null;
  }
}

export function isBlob(stream: ReadableStream | Blob): stream is Blob {
  return !("getReader" in stream);
}

/** What somebody else has read from is not whole any more. */
export function refuseIfUsed(stream: ReadableStream, name: string): void {
  const isBody = name !== "a ReadableStream";
  if (Readable.isDisturbed(stream as never)) {
    const advice = isBody ? "pass what was read, or read a clone() of it" : "pass what was read";
    throw notSerializable(
      `${name}${isBody ? " whose body" : " that"} was already read - ${advice}`,
    );
  }
  if (stream.locked) {
    const what = isBody ? " whose body" : " that";
    throw notSerializable(
      `${name}${what} is locked by a reader - read it there, and pass the data`,
    );
  }
}
