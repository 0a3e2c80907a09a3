/** Streams as arguments and results: SM-15 to SM-19. */
import { randomBytes } from "node:crypto";
import { type Run, start as startRun } from "../../lib/api";
import { describeOnEachWorld } from "../engine/each-world";
import { runOf, startOf, until } from "../engine/test-app";
import { STREAM_WORKFLOWS } from "./stream-workflows";

const here = describeOnEachWorld(STREAM_WORKFLOWS, [given, sources, listened, returned, limits]);

const start = (name: string, ...args: unknown[]): Promise<Run> => startOf(here.app, name, ...args);

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream as unknown as AsyncIterable<T>) values.push(value);
  return values;
}

/** A stream that is fed by the test. */
function fed<T = unknown>() {
  let controller!: ReadableStreamDefaultController<T>;
  const state = { isCancelled: false };
  const stream = new ReadableStream<T>({
    start: (own) => void (controller = own),
    cancel: () => void (state.isCancelled = true),
  });
  return { stream, controller, state };
}

function given(): void {
  test("SM-15: start does not wait for the end of a stream that it is given", async () => {
    const { stream, controller } = fed();
    const run = await start("reads", stream);
    const written = [{ a: 1 }, "b", Uint8Array.of(1, 0, 10)];
    for (const chunk of written) controller.enqueue(chunk);
    controller.close();
    expect(await run.returnValue).toEqual({ one: written, other: written });
  });

  test("SM-19: a byte stream stays one, whatever its bytes and however large its pieces", async () => {
    const bytes = randomBytes(700_000);
    const source = new ReadableStream({
      type: "bytes",
      start(controller) {
        controller.enqueue(new Uint8Array(bytes.subarray(0, 600_000)));
        controller.enqueue(new Uint8Array(bytes.subarray(600_000)));
        controller.close();
      },
    });
    const run = await start("reads", source);
    const { one } = (await run.returnValue) as { one: Uint8Array[] };
    expect(Buffer.concat(one).equals(bytes)).toBe(true);
    const small = new Response(Uint8Array.of(0, 10, 13, 255, 128)).body!;
    expect(await runOf(here.app, "readsBytes", small)).toEqual([0, 10, 13, 255, 128]);
  });

  test("streams that Node makes are like those that others make", async () => {
    const source = () => new Blob(["a,b"]).stream();
    const [one, other] = source().tee();
    const decoded = source().pipeThrough(new TextDecoderStream() as never);
    const { readable, writable } = new TransformStream<string, string>();
    void source()
      .pipeThrough(new TextDecoderStream() as never)
      .pipeTo(writable);
    const runs = await Promise.all([one, other, decoded, readable].map((it) => start("reads", it)));
    const texts = await Promise.all(
      runs.map(async (run) => {
        const { one: chunks } = (await run.returnValue) as { one: (string | Uint8Array)[] };
        return chunks.map((chunk) => Buffer.from(chunk as string).toString()).join("");
      }),
    );
    expect(texts).toEqual(["a,b", "a,b", "a,b", "a,b"]);
  });

  test("SM-14: a stream that breaks off says so to the step that reads it", async () => {
    const { stream, controller } = fed();
    const run = await start("readsToFailure", stream);
    controller.enqueue("a");
    await until(async () => (await chunksIn(run)) === 1);
    controller.error(new Error("the upload was cut"));
    expect(await run.returnValue).toEqual(["a", "STREAM_BROKEN", expect.stringContaining("cut")]);
  });

  test("SM-17: a stream that has a reader is refused, and so is one that was read", async () => {
    const { stream } = fed();
    stream.getReader();
    await expect(start("reads", stream)).rejects.toThrow("ReadableStream is locked");
    const read = new Response("abc").body!;
    const reader = read.getReader();
    await reader.read();
    reader.releaseLock();
    await expect(start("reads", read)).rejects.toThrow("already read");
  });
}

function sources(): void {
  test("a second start with the same id leaves the stream that it is given alone", async () => {
    const first = fed();
    const { exports } = here.app;
    const workflow = exports["reads"] as never as (stream: ReadableStream) => unknown;
    const options = { id: "streams-once", world: here.app.world };
    const run = await startRun(workflow, [first.stream], options);
    const second = fed();
    await startRun(workflow, [second.stream], options);
    expect(second.stream.locked).toBe(false);
    first.controller.close();
    expect(await run.returnValue).toEqual({ one: [], other: [] });
  });

  test("the source of a stream that nobody needs any more is told to stop", async () => {
    const { stream, controller, state } = fed();
    const run = await start("reads", stream);
    controller.enqueue("a");
    await until(async () => (await chunksIn(run)) === 1);
    await run.cancel();
    controller.enqueue("b");
    await until(() => state.isCancelled);
  });
}

/** How many chunks the stream has that the run was given. */
async function chunksIn(run: Run): Promise<number> {
  const streams = await here.app.world.streams.list(run.runId);
  const own = streams.find((streamId) => streamId.includes("_in_"));
  return own === undefined ? 0 : (await here.app.world.streams.info(own))!.count;
}

function listened(): void {
  test("SM-18: a stream that the caller made hears what steps write to it", async () => {
    const heard: unknown[] = [];
    let isClosed = false;
    const sink = new WritableStream({
      write: (chunk) => void heard.push(chunk),
      close: () => void (isClosed = true),
    });
    const run = await start("speaksTo", sink, ["a", { b: 1 }]);
    await run.returnValue;
    await until(() => isClosed);
    expect(heard).toEqual(["a", { b: 1 }]);
  });

  test("SM-18: the end of the run closes it, too", async () => {
    const heard: unknown[] = [];
    let isClosed = false;
    const sink = new WritableStream({
      write: (chunk) => void heard.push(chunk),
      close: () => void (isClosed = true),
    });
    await start("speaksToNoEnd", sink, ["a"]);
    await until(() => isClosed);
    expect(heard).toEqual(["a"]);
  });
}

function returned(): void {
  test("C326: a stream that a step returned is read to its end", async () => {
    const stream = (await runOf(here.app, "lines", 10)) as ReadableStream<string>;
    expect(await all(stream)).toEqual(Array.from({ length: 10 }, (_, n) => `line ${n}`));
  });

  test("C326: it is read while it is still being written, and the run is over", async () => {
    const { stream, controller } = fed<string>();
    (globalThis as { slowSource?: unknown }).slowSource = stream;
    const run = await start("slow");
    const value = (await run.returnValue) as { stream: ReadableStream<string> };
    expect(await run.status).toBe("completed");
    const reader = value.stream.getReader();
    for (const line of ["one", "two", "three"]) {
      controller.enqueue(line);
      expect((await reader.read()).value).toBe(line);
    }
    controller.close();
    expect((await reader.read()).done).toBe(true);
  });

  test("C327: several steps read a stream that another one returned, each from the start", async () => {
    expect(await runOf(here.app, "linesInside", 300)).toEqual([300, 300]);
  });

  test("E8, G3: a stream breaks off when its process stops, and its reader hears of it", async () => {
    const { stream, controller } = fed<string>();
    (globalThis as { slowSource?: unknown }).slowSource = stream;
    const run = await start("slow");
    const value = (await run.returnValue) as { stream: ReadableStream<string> };
    const reader = value.stream.getReader();
    controller.enqueue("one");
    expect((await reader.read()).value).toBe("one");
    const { world } = here.app;
    const broken = reader.read().catch((error: unknown) => error);
    await here.app.runtime.stop({ graceMs: 0 });
    expect(await broken).toMatchObject({ code: "STREAM_BROKEN" });
    const [streamId] = await world.streams.list(run.runId);
    expect(await world.streams.info(streamId!)).toMatchObject({ isClosed: true });
    await here.app.restart();
  });
}

function limits(): void {
  test("C337: ten thousand chunks are read late, one after the other", async () => {
    const run = await start("manyWriters", 4, 2_500);
    await run.returnValue;
    let count = 0;
    const reader = run.readable.getReader();
    while (!(await reader.read()).done) count++;
    expect(count).toBe(10_000);
  });

  test("G8, SM-21: a reader that stands still holds no writer up, and not much memory", async () => {
    const run = await start("manyWriters", 1, 2_000);
    const reader = run.readable.getReader();
    expect((await reader.read()).value).toEqual({ writer: "w0", n: 0 });
    await run.returnValue;
    let last: unknown;
    for (let n = 1; n < 2_000; n++) last = (await reader.read()).value;
    expect(last).toEqual({ writer: "w0", n: 1_999 });
  });
}
