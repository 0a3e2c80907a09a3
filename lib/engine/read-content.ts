/**
 * Reads bodies, blobs and streams to their end, or to the limit of a stored value: what is behind it
 * is neither read nor kept.
 */
import { isUtf8 } from "node:buffer";
import { types } from "node:util";
import { MAX_TEXT } from "../codec/limits";
import { notSerializable, type Refusal, tooLarge } from "../codec/refusal";
import {
  type Content,
  isBlob,
  isKnown,
  rememberContent,
  rememberRefusal,
  type Source,
} from "./body-content";
import { failureReason } from "./failure-reason";

/**
 * One after the other, in the order in which they will be stored. What cannot be stored is
 * remembered as a refusal; what cannot be read now throws, since it may be read another time.
 */
export async function readContents(
  sources: readonly Source[],
  signal: AbortSignal | undefined,
): Promise<void> {
  let charactersLeft = MAX_TEXT;
  for (const source of sources) {
    if (isKnown(source.stream)) continue;
    const limit = Math.floor(source.isText ? charactersLeft : charactersLeft * 0.75);
    const read = await readContent(source, limit, signal);
    if (typeof read === "function") return rememberRefusal(source.stream, read);
    rememberContent(source.stream, read);
    charactersLeft -= typeof read === "string" ? read.length : (read.length * 4) / 3;
  }
}

async function readContent(
  { stream, name, isText, declaredBytes = 0 }: Source,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Content | (() => Refusal)> {
  const most = limit.toLocaleString("en-US");
  const refusal = () => tooLarge(`${name} with more than the ${most} bytes that it may have here`);
  try {
    if (declaredBytes > limit) {
      if (!isBlob(stream)) drop(stream);
      return refusal;
    }
    const bytes = isBlob(stream)
      ? new Uint8Array(await stream.arrayBuffer())
      : await readStream(stream.getReader(), limit, signal);
    if (bytes === "too many") return refusal;
    if (bytes === "no bytes") {
      return () => notSerializable(`${name} whose chunks are not bytes (Uint8Array)`);
    }
    return isText && isUtf8(bytes) ? Buffer.from(bytes.buffer).toString() : bytes;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const { text } = failureReason(error);
    throw new Error(`The content of ${name} could not be read: ${text}`, { cause: error });
  }
}

type Reader = ReadableStreamDefaultReader<unknown>;

async function readStream(
  reader: Reader,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer> | "too many" | "no bytes"> {
  const stop = () => cancel(reader, signal?.reason);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return concatenated(chunks, size);
      const isBytes = types.isUint8Array(value);
      size += isBytes ? value.length : 0;
      if (!isBytes || size > limit) {
        cancel(reader);
        return isBytes ? "too many" : "no bytes";
      }
      chunks.push(value);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function concatenated(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Frees the connection behind it. */
function drop(stream: ReadableStream): void {
  cancel(stream.getReader());
}

/** Nobody waits for it: what is behind a stream may never answer. */
function cancel(reader: Reader, reason?: unknown): void {
  reader.cancel(reason).catch(() => undefined);
}
