/**
 * `ReadableStream`, `WritableStream` and `TransformStream`: names for streams that live outside. A
 * workflow can hold them and pass them on, and steps read and write them (SG-16).
 */
import type { Bytes } from "./bytes";
import { define, once } from "./define";
import { apply, create, RealmWeakMap } from "./intrinsics";
import { registerClass } from "./platform-class";
import { notSupported } from "./unavailable";

export type StreamKind = "readable" | "writable";

/** Where the stream lives; or, for the body of a message that was made here, what it holds. */
type Source = { reference: string } | { content: string | Bytes };

type StreamClass = new () => { readonly locked: boolean };

const { get, set } = WeakMap.prototype;
const sources = new RealmWeakMap<object, Source>();

const METHODS = {
  ReadableStream: ["cancel", "getReader", "pipeThrough", "pipeTo", "tee", "values"],
  WritableStream: ["abort", "close", "getWriter"],
  TransformStream: [],
};

export const streamClasses = once(() => ({
  ReadableStream: makeClass("ReadableStream"),
  WritableStream: makeClass("WritableStream"),
  TransformStream: makeClass("TransformStream"),
}));

/** A stream that arrived from outside; the reference says where it lives. */
export function makeStreamHandle(kind: StreamKind, reference: string): object {
  return makeHandle(kind, { reference });
}

/** The readable stream that `body` shows of a message with its content in memory. */
export function makeContentStream(content: string | Bytes): object {
  return makeHandle("readable", { content });
}

/** `undefined` for what is no stream, or does not come from outside. */
export function streamReference(handle: object): string | undefined {
  const source = apply(get, sources, [handle]) as Source | undefined;
  return source && "reference" in source ? source.reference : undefined;
}

/** What a stream of `makeContentStream` holds; `undefined` for all else. */
export function streamContent(handle: object): string | Bytes | undefined {
  const source = apply(get, sources, [handle]) as Source | undefined;
  return source && "content" in source ? source.content : undefined;
}

export function streamKind(handle: object): StreamKind | undefined {
  if (apply(get, sources, [handle]) === undefined) return undefined;
  return handle instanceof streamClasses().ReadableStream ? "readable" : "writable";
}

function makeHandle(kind: StreamKind, source: Source): object {
  const { ReadableStream, WritableStream } = streamClasses();
  const { prototype } = kind === "readable" ? ReadableStream : WritableStream;
  const handle = create(prototype) as object;
  apply(set, sources, [handle, source]);
  return handle;
}

function makeClass(name: keyof typeof METHODS): StreamClass {
  const StreamClass = named(name);
  for (const method of METHODS[name]) {
    define(StreamClass.prototype, method, refusal(method, `${name}.${method}()`));
  }
  if (name === "ReadableStream") {
    const { asyncIterator } = Symbol;
    define(StreamClass.prototype, asyncIterator, refusal("values", "reading a ReadableStream"));
    define(StreamClass, "from", refusal("from", "ReadableStream.from()"));
  }
  registerClass(StreamClass, { name, show: ({ locked }) => ({ locked }) });
  return StreamClass;
}

function named(name: string): StreamClass {
  const classes = {
    [name]: class {
      constructor() {
        throw notSupported(`new ${name}()`);
      }
      get locked(): boolean {
        return false;
      }
    },
  };
  return classes[name] as StreamClass;
}

function refusal(method: string, what: string): unknown {
  const members = {
    [method](): never {
      throw notSupported(what);
    },
  };
  return members[method];
}
