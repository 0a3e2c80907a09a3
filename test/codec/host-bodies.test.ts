/** Bodies, files and streams of the host that are refused, too large, broken, or of the world. */
import { SerializationError } from "../../lib/contract/error";
import { MAX_TEXT } from "../../lib/codec/limits";
import { encodeWithBodies } from "../../lib/engine/encode-with-bodies";
import { inPlace, rememberStream, type StreamPlace } from "../../lib/streams/place";
import { ALL_BYTES, bytesIn, codec, encoded, post, streamOf } from "./host-bodies";
import { createRealm } from "./realm";

async function refusal(value: unknown): Promise<SerializationError> {
  try {
    await encoded(value);
  } catch (error) {
    if (SerializationError.is(error)) return error;
    throw error;
  }
  throw new Error("It was stored");
}

const foundIn = (error: SerializationError) => /Found (.*)\.\n/i.exec(error.message)?.[1];

async function used(response: Response): Promise<Response> {
  await response.text();
  return response;
}

function locked<S extends ReadableStream>(stream: S): S {
  stream.getReader();
  return stream;
}

async function halfRead(): Promise<ReadableStream> {
  const stream = streamOf(ALL_BYTES, ALL_BYTES);
  const reader = stream.getReader();
  await reader.read();
  reader.releaseLock();
  return stream;
}

const REFUSED: Record<string, [() => unknown, string]> = {
  "a response that was read": [
    () => used(new Response("a")),
    "a Response whose body was already read - pass what was read, or read a clone() of it",
  ],
  "a request that was locked": [
    () => {
      const request = post("a");
      locked(request.body!);
      return request;
    },
    "a Request whose body is locked by a reader - read it there, and pass the data",
  ],
  "a stream that was locked": [
    () => locked(streamOf(ALL_BYTES)),
    "a ReadableStream that is locked by a reader - read it there, and pass the data",
  ],
  "a stream that was read in part": [
    halfRead,
    "a ReadableStream that was already read - pass what was read",
  ],
  "a stream of objects": [
    () => streamOf({ a: 1 }),
    "a ReadableStream whose chunks are not bytes (Uint8Array)",
  ],
  "a stream that somebody writes": [
    () => new WritableStream(),
    "a WritableStream that is not of a run - pass one of getWritable()",
  ],
  "what only calls itself a response": [
    () => Object.create(Response.prototype),
    "an instance of Response",
  ],
  "a subclass": [() => new (class Page extends Response {})(), "an instance of Page"],
  "a response with a field": [
    () => Object.assign(new Response(null), { note: 1 }),
    'the property "note" of an instance of Response',
  ],
};

test.each(Object.keys(REFUSED))("P7: refused, with the path to it: %s", async (name) => {
  const [make, found] = REFUSED[name]!;
  const error = await refusal([{ page: await make() }]);
  expect([error.code, error.path]).toEqual(["VALUE_NOT_SERIALIZABLE", "[0].page"]);
  expect(foundIn(error)).toBe(found);
});

function foreignClass(members: Record<string, unknown>): new () => object {
  const Foreign = class Response {};
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(Foreign.prototype, name, { get: () => value });
  }
  Object.defineProperty(Foreign.prototype, Symbol.toStringTag, { value: "Response" });
  return Foreign;
}

test("a response of another implementation arrives as one of Node's, or is refused", async () => {
  const headers = new Headers({ "x-a": "1" });
  const { body } = new Response("a");
  const line = { status: 201, statusText: "Made", headers };
  const Whole = foreignClass({ ...line, body, url: "https://example.test/", redirected: true });
  const response = codec.decode(await encoded(new Whole())) as Response;
  expect(response).toBeInstanceOf(Response);
  expect([response.status, response.url, await response.text()]).toEqual([
    ...[201, "https://example.test/", "a"],
  ]);
  const broken = [{}, { ...line, url: 1 }, { ...line, headers: {} }, { ...line, body: "a" }];
  for (const members of broken) {
    const Broken = foreignClass(members);
    expect((await refusal([new Broken()])).path).toBe("[0]");
  }
});

test("P7: what was not read before is not stored as if it were empty", () => {
  const encode = () => codec.encode({ page: new Response("a") }, "step return value");
  expect(encode).toThrow(
    /at path "\.page".* a Response that was not read before it was stored - pass what it holds/,
  );
});

test("P7: a value that makes a response anew each time it is read is refused", async () => {
  const value = { get page() { return new Response("a"); } }; // prettier-ignore
  expect((await refusal(value)).path).toBe(".page");
});

test("an error that is thrown goes without the response that it holds", () => {
  const error = Object.assign(new Error("no"), { response: new Response("a"), status: 5 });
  const text = codec.encodeError(error);
  expect(codec.decode(text)).toMatchObject({ message: "no", status: 5 });
  expect(text).not.toContain("Response");
});

const MEGABYTE = new Uint8Array(1024 * 1024);

/** Counts what is asked of it, and never ends. */
function endless() {
  const seen = { chunks: 0, isCancelled: false };
  const stream = new ReadableStream({
    pull(controller) {
      seen.chunks++;
      controller.enqueue(MEGABYTE);
    },
    cancel() {
      seen.isCancelled = true;
    },
  });
  return { seen, stream };
}

test("a body is read up to the limit of a value, and no further", async () => {
  const { seen, stream } = endless();
  const { code, path, message } = await refusal({ page: new Response(stream) });
  expect([code, path]).toEqual(["VALUE_TOO_LARGE", ".page"]);
  expect(message).toContain("a Response with more than the 12,582,912 bytes");
  expect([seen.chunks <= 15, seen.isCancelled]).toEqual([true, true]);
});

test("one that says that it is too large is not read at all", async () => {
  const { seen, stream } = endless();
  const headers = { "content-length": String(MAX_TEXT + 1), "content-type": "text/plain" };
  const { code } = await refusal([new Response(stream, { headers })]);
  expect([code, seen.chunks <= 1, seen.isCancelled]).toEqual(["VALUE_TOO_LARGE", true, true]);
  const blob = new Blob(Array.from({ length: 13 }, () => MEGABYTE));
  expect(await refusal([blob])).toMatchObject({ code: "VALUE_TOO_LARGE", path: "[0]" });
});

test("several together may not have more than the limit either", async () => {
  const half = () => new Response(new Uint8Array(MAX_TEXT * 0.375 - 1_000));
  expect((await encoded([half(), half()])).length).toBeGreaterThan(MAX_TEXT - 10_000);
  const { seen, stream } = endless();
  const { path } = await refusal([half(), half(), new Response(stream)]);
  expect([path, seen.chunks <= 2]).toEqual(["[2]", true]);
});

test("a body of the greatest length is stored", async () => {
  const bytes = MAX_TEXT * 0.75 - 1_000;
  const response = codec.decode(await encoded(new Response(new Uint8Array(bytes)))) as Response;
  expect((await response.arrayBuffer()).byteLength).toBe(bytes);
  const length = MAX_TEXT - 1_000;
  const page = codec.decode(await encoded(new Response("a".repeat(length)))) as Response;
  expect(await page.text()).toHaveLength(length);
});

test("what breaks off while it is read is no refusal, so that it can be tried again", async () => {
  const cause = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
  const stream = new ReadableStream({
    pull(controller) {
      controller.error(new TypeError("terminated", { cause }));
    },
  });
  const error = await encoded([new Response(stream)]).catch((thrown: unknown) => thrown);
  expect(SerializationError.is(error)).toBe(false);
  expect((error as Error).message).toBe(
    "The content of a Response could not be read: other side closed (UND_ERR_SOCKET)",
  );
  expect((error as Error).cause).toMatchObject({ message: "terminated" });
});

test("a body that never ends is left when the attempt is", async () => {
  let isCancelled = false;
  const stream = new ReadableStream({ cancel: () => void (isCancelled = true) });
  const controller = new AbortController();
  const { signal } = controller;
  const text = encodeWithBodies(codec, new Response(stream), "step return value", { signal });
  const reason = new Error("the attempt is over");
  controller.abort(reason);
  await expect(text).rejects.toBe(reason);
  expect(isCancelled).toBe(true);
  const early = encodeWithBodies(codec, new Response("a"), "step return value", { signal });
  await expect(early).rejects.toBe(reason);
});

test("streams that live in the world are stored by name, by those who know it", async () => {
  const place: StreamPlace = {
    openReadable: (id) => rememberStream(streamOf(ALL_BYTES), id),
    openWritable: (id) => rememberStream(new WritableStream(), id),
  };
  const text = createRealm().run(`
    const names = ["~ReadableStream", "~WritableStream"];
    const [input, output] = names.map((name) => codec.decode("1r" + JSON.stringify([name, "strm_a"])));
    const request = new Request("https://example.test", { method: "POST", body: input });
    return codec.encode([output, new Response(input), request, input], "step arguments")`);
  const decode = () => inPlace(place, () => codec.decode(text));
  const value = decode() as [WritableStream, Response, Request, ReadableStream];
  expect(value[0]).toBeInstanceOf(WritableStream);
  expect(value[1].body).toBe(value[3]);
  expect(encodeWithBodies(codec, value, "step return value")).toBe(text);
  expect(await bytesIn(value[1])).toEqual([...ALL_BYTES]);
  expect(() => codec.decode(text)).toThrow(
    'A stored value cannot be read: it holds the stream "strm_a", and streams of runs cannot be ' +
      "opened here.",
  );
});
