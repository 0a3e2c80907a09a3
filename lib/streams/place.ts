/**
 * Where streams are opened and sent while a value is read or written. The codec is one for a process,
 * and knows nothing of runs; it works without a pause, so that who calls it can say for how long.
 */
export interface StreamPlace {
  openReadable(streamId: string): ReadableStream;
  openWritable(streamId: string): WritableStream;
  /** Gives a stream of this process a place in the world. Without it, it is read to its end. */
  send?(stream: ReadableStream): string;
  receive?(stream: WritableStream): string;
  /** What answers the request that came with this stream for the reply. */
  respondWith?(streamId: string): (response: Response) => Promise<void>;
}

let place: StreamPlace | null = null;

export function inPlace<T>(own: StreamPlace, action: () => T): T {
  const outer = place;
  place = own;
  try {
    return action();
  } finally {
    place = outer;
  }
}

export function currentPlace(): StreamPlace | null {
  return place;
}

interface Known {
  streamId: string;
  /** It is of this process, and on its way there: its reader is ours. */
  isSent: boolean;
}

const SYMBOL = Symbol.for("everstep.streams");

interface KnownHolder {
  [SYMBOL]?: WeakMap<object, Known>;
}

/** A stream that one copy of the package has opened is known to all of them. */
const known = ((globalThis as KnownHolder)[SYMBOL] ??= new WeakMap());

/** From now on the stream stands for the one of the world that has this id. */
export function rememberStream<S extends object>(stream: S, streamId: string, isSent = false): S {
  known.set(stream, { streamId, isSent });
  return stream;
}

/** Nothing came of what it was to stand for. */
export function forgetStream(stream: object): void {
  known.delete(stream);
}

export function knownStream(stream: object): Known | undefined {
  return known.get(stream);
}
