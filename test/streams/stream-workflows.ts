/** The app of the stream tests: steps that write, pass on and return streams. */
export const STREAM_WORKFLOWS = `
  import { createHook, getStepMetadata, getWritable } from "everstep";

  type Chunks = readonly unknown[];

  async function write(chunks: Chunks, namespace?: string) {
    "use step";
    const writer = getWritable({ namespace }).getWriter();
    for (const chunk of chunks) await writer.write(chunk);
    writer.releaseLock();
    return chunks.length;
  }
  async function writeLocked(chunks: Chunks) {
    "use step";
    const writer = getWritable().getWriter();
    for (const chunk of chunks) void writer.write(chunk);
    return "done";
  }
  async function writeTo(writable: WritableStream, chunks: Chunks) {
    "use step";
    const writer = writable.getWriter();
    for (const chunk of chunks) await writer.write(chunk);
    writer.releaseLock();
  }
  async function closeTo(writable: WritableStream) {
    "use step";
    await writable.close();
  }
  async function closeOwn(namespace?: string) {
    "use step";
    await getWritable({ namespace }).close();
  }
  async function abortOwn(reason: string) {
    "use step";
    await getWritable().abort(new Error(reason));
  }
  async function pipeOwn(chunks: Chunks) {
    "use step";
    const source = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    await source.pipeTo(getWritable(), { preventClose: true });
  }
  async function writeThenFail(chunks: Chunks) {
    "use step";
    const { attempt } = getStepMetadata();
    const writer = getWritable().getWriter();
    for (const chunk of chunks) await writer.write(\`\${chunk} of \${attempt}\`);
    if (attempt === 1) throw new Error("once more");
  }
  writeThenFail.retryDelay = 1;
  async function many(writer: string, count: number) {
    "use step";
    const own = getWritable().getWriter();
    for (let n = 0; n < count; n++) await own.write({ writer, n });
  }
  async function writeBad() {
    "use step";
    const writer = getWritable().getWriter();
    try {
      await writer.write(() => 1);
      return "stored";
    } catch (error) {
      return (error as Error).message;
    }
  }
  async function writeWhenClosed() {
    "use step";
    const writer = getWritable().getWriter();
    await writer.write("before");
    await writer.close();
    const again = getWritable().getWriter();
    return again.write("behind").then(() => "stored", (error) => error.code);
  }
  async function writeAndLeave() {
    "use step";
    const writer = getWritable().getWriter();
    const given = globalThis as { lateWrites?: () => void };
    given.lateWrites = () => {
      void writer.write("late");
      void writer.close();
    };
    await writer.write("in time");
  }
  async function collect(readable: ReadableStream) {
    "use step";
    const all: unknown[] = [];
    for await (const chunk of readable as never as AsyncIterable<unknown>) all.push(chunk);
    return all;
  }
  async function collectOrFail(readable: ReadableStream) {
    "use step";
    const all: unknown[] = [];
    try {
      for await (const chunk of readable as never as AsyncIterable<unknown>) all.push(chunk);
    } catch (error) {
      all.push((error as Error & { code: string }).code, (error as Error).message.split("\\n")[0]);
    }
    return all;
  }
  async function kindOfBytes(readable: ReadableStream) {
    "use step";
    const reader = readable.getReader({ mode: "byob" });
    const all: number[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(4));
      if (done) return all;
      all.push(...value);
    }
  }
  async function makeLines(count: number) {
    "use step";
    let n = 0;
    return new ReadableStream<string>({
      pull(controller) {
        if (n === count) controller.close();
        else controller.enqueue(\`line \${n++}\`);
      },
    });
  }
  async function makeSlow() {
    "use step";
    const given = globalThis as { slowSource?: ReadableStream };
    return given.slowSource!;
  }
  async function fail() {
    "use step";
    throw new Error("it fails");
  }
  fail.maxRetries = 0;

  export async function writes(chunks: Chunks, namespace?: string) {
    "use workflow";
    return write(chunks, namespace);
  }
  export async function passesOn(chunks: Chunks) {
    "use workflow";
    const writable = getWritable();
    const named = getWritable({ namespace: "über den Wolken" });
    await writeTo(writable, chunks);
    await writeTo(named, [...chunks].reverse());
    await write(["from inside"]);
  }
  export async function waits(chunks: Chunks) {
    "use workflow";
    await write(chunks);
    const hook = createHook<string>({ token: "more" });
    for await (const word of hook) {
      if (word === "close") await closeOwn();
      else if (word === "abort") await abortOwn("no more of this");
      else if (word === "fail") await fail();
      else if (word === "end") return "ended";
      else await write([word]);
    }
  }
  export async function locked() {
    "use workflow";
    const done = await writeLocked(["a", "b"]);
    await write(["c"]);
    return done;
  }
  export async function retries() {
    "use workflow";
    await writeThenFail(["first", "second"]);
    await write(["end"]);
  }
  export async function manyWriters(writers: number, count: number) {
    "use workflow";
    const names = Array.from({ length: writers }, (_, n) => \`w\${n}\`);
    await Promise.all(names.map((name) => many(name, count)));
  }
  export async function pipes(chunks: Chunks) {
    "use workflow";
    await pipeOwn(chunks);
    await write(["still open"]);
  }
  export async function refuses() {
    "use workflow";
    return [await writeBad(), await writeWhenClosed()];
  }
  export async function leaves() {
    "use workflow";
    await writeAndLeave();
    await write(["another step"]);
    for await (const _ of createHook<string>({ token: "leave" })) return "left";
  }
  export async function usesHere() {
    "use workflow";
    const writable = getWritable();
    try {
      writable.getWriter();
      return "written";
    } catch (error) {
      return (error as Error).message;
    }
  }
  export async function reads(readable: ReadableStream) {
    "use workflow";
    const [one, other] = await Promise.all([collect(readable), collect(readable)]);
    return { one, other };
  }
  export async function readsToFailure(readable: ReadableStream) {
    "use workflow";
    return collectOrFail(readable);
  }
  export async function readsBytes(readable: ReadableStream) {
    "use workflow";
    return kindOfBytes(readable);
  }
  export async function speaksTo(writable: WritableStream, chunks: Chunks) {
    "use workflow";
    await writeTo(writable, chunks);
    await closeTo(writable);
  }
  export async function speaksToNoEnd(writable: WritableStream, chunks: Chunks) {
    "use workflow";
    await writeTo(writable, chunks);
  }
  export async function lines(count: number) {
    "use workflow";
    return makeLines(count);
  }
  export async function linesInside(count: number) {
    "use workflow";
    const stream = await makeLines(count);
    const all = await Promise.all([collect(stream), collect(stream)]);
    return all.map((each) => each.length);
  }
  export async function slow() {
    "use workflow";
    return { stream: await makeSlow() };
  }
  export async function slowInside() {
    "use workflow";
    return collectOrFail(await makeSlow());
  }
`;
