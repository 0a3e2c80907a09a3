/** Streams of runs, as their writers and readers see them (SM). */
import { describeOnEachWorld, hookOf } from "../engine/each-world";
import { runOf, startOf } from "../engine/test-app";
import { resumeHook, Run } from "../../lib/api";
import { STREAM_WORKFLOWS } from "./stream-workflows";

const here = describeOnEachWorld(STREAM_WORKFLOWS, [chunks, positions, endings, writers, refusals]);

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream as unknown as AsyncIterable<T>) values.push(value);
  return values;
}

function start(name: string, ...args: unknown[]): Promise<Run> {
  return startOf(here.app, name, ...args);
}

/** A run of `waits` that takes no word before it is told to end. */
async function waiting(chunks: unknown[] = []): Promise<Run> {
  const run = await start("waits", chunks);
  await hookOf(here.app, "more");
  return run;
}

const say = (word: string) => resumeHook("more", word, { world: here.app.world });

async function end(run: Run): Promise<unknown> {
  await say("end");
  return run.returnValue;
}

function chunks(): void {
  test("SM-02: readers get what was written: bytes, objects, text", async () => {
    const given = [
      Uint8Array.of(0, 10, 255),
      { a: [1, { b: new Date(5) }] },
      "text\n\0",
      "",
      null,
      undefined,
      12n,
      new Map([["k", new Set([1])]]),
    ];
    const run = await start("writes", given);
    expect(await all(run.readable)).toEqual(given);
  });

  test("SM-01, SM-03: streams by handle, by name, and from inside are the same", async () => {
    const run = await start("passesOn", [1, 2]);
    await run.returnValue;
    expect(await all(run.readable)).toEqual([1, 2, "from inside"]);
    expect(await all(run.getReadable({ namespace: "über den Wolken" }))).toEqual([2, 1]);
    expect(await all(run.getReadable({ namespace: "another" }))).toEqual([]);
  });

  test("SM-05: every reader gets everything, early, late, and at once", async () => {
    const run = await waiting(["a"]);
    const readers = [run.readable, run.readable].map(all);
    await say("b");
    await end(run);
    expect(await Promise.all([...readers, all(run.readable)])).toEqual(
      Array.from({ length: 3 }, () => ["a", "b"]),
    );
  });

  test("SM-08: a reader that is there first gets each chunk when it is written", async () => {
    const run = await waiting();
    const reader = run.readable.getReader();
    for (const word of ["one", "two", "three"]) {
      const next = reader.read();
      await say(word);
      expect(await next).toEqual({ done: false, value: word });
    }
    await end(run);
    expect((await reader.read()).done).toBe(true);
  });

  test("chunks are not in the log of the run", async () => {
    const run = await start("pipes", ["a chunk that is nowhere else"]);
    await run.returnValue;
    let log = "";
    for await (const { event } of run.events()) {
      if (event.type !== "run_created" && event.type !== "step_created")
        log += JSON.stringify(event);
    }
    expect(log).not.toContain("a chunk that is nowhere else");
    expect(await all(run.readable)).toEqual(["a chunk that is nowhere else", "still open"]);
  });
}

function positions(): void {
  test("SM-06: a reader begins at an index, or so many from the end", async () => {
    const run = await waiting(["a", "b", "c", "d", "e"]);
    expect(await run.readable.getTailIndex()).toBe(4);
    const readers = [2, -2, -99, 5].map((startIndex) => all(run.getReadable({ startIndex })));
    const live = run.getReadable({ startIndex: 7 }).getReader();
    const next = live.read();
    await say("f");
    await say("g");
    await say("h");
    expect((await next).value).toBe("h");
    await end(run);
    expect((await Promise.all(readers)).map((each) => each.join(""))).toEqual([
      "cdefgh",
      "defgh",
      "abcdefgh",
      "fgh",
    ]);
    expect(await all(run.getReadable({ startIndex: 99 }))).toEqual([]);
  });

  test("SM-07: the tail of a stream that nobody has written to is -1", async () => {
    const run = await waiting();
    const namespace = "silent";
    expect(await run.getReadable({ namespace }).getTailIndex()).toBe(-1);
    expect(await run.getStreamInfo({ namespace })).toEqual({ count: 0, isClosed: false });
    await end(run);
    expect(await run.getStreamInfo({ namespace })).toEqual({ count: 0, isClosed: true });
  });

  test("a chunk says where it stands, and which step and attempt wrote it", async () => {
    const run = await start("retries");
    await run.returnValue;
    const items = await all(run.getChunks());
    expect(items.map(({ index, value, attempt }) => [index, value, attempt])).toEqual([
      [0, "first of 1", 1],
      [1, "second of 1", 1],
      [2, "first of 2", 2],
      [3, "second of 2", 2],
      [4, "end", 1],
    ]);
    const steps = items.map(({ stepId }) => stepId);
    expect(new Set(steps.slice(0, 4)).size).toBe(1);
    expect(steps[4]).not.toBe(steps[0]);
    const stamps = items.map(({ stamp }) => stamp!);
    expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
  });

  test("STREAM_OPTION_INVALID: an index that is none is refused", async () => {
    const run = await start("usesHere");
    expect(() => run.getReadable({ startIndex: 1.5 })).toThrow("must be a whole number");
    expect(() => run.getReadable({ namespace: 5 as never })).toThrow("must be a string");
    await run.returnValue;
  });
}

function endings(): void {
  test("SM-12: who closes a stream ends it for all, and the run goes on", async () => {
    const run = await waiting(["a"]);
    await say("close");
    expect(await all(run.readable)).toEqual(["a"]);
    expect(await run.getStreamInfo()).toEqual({ count: 1, isClosed: true });
    expect(await run.status).toBe("running");
    expect(await end(run)).toBe("ended");
  });

  test("SM-14: an abort reaches the reader behind the chunks before it", async () => {
    const run = await waiting(["a", "b"]);
    await say("abort");
    const reader = run.readable.getReader();
    expect([(await reader.read()).value, (await reader.read()).value]).toEqual(["a", "b"]);
    await expect(reader.read()).rejects.toMatchObject({
      code: "STREAM_BROKEN",
      message: expect.stringContaining("no more of this") as string,
    });
    expect((await run.getStreamInfo()).error).toBe("no more of this");
    await end(run);
  });

  test.each(["completes", "fails", "is cancelled"])(
    "SM-13: the stream of a run that %s without closing it ends",
    async (how) => {
      const run = await waiting(["a"]);
      const reading = all(run.readable);
      const silent = all(run.getReadable({ namespace: "silent" }));
      if (how === "completes") await end(run);
      else if (how === "fails") await say("fail");
      else await run.cancel();
      expect(await reading).toEqual(["a"]);
      expect(await silent).toEqual([]);
      expect(await all(run.readable)).toEqual(["a"]);
      await run.returnValue.catch(() => undefined);
    },
  );

  test("SM-24: a reader that goes away changes nothing", async () => {
    const run = await waiting(["a", "b"]);
    const reader = run.readable.getReader();
    await reader.read();
    const idle = run.getReadable({ startIndex: 2 }).getReader();
    const nothing = idle.read();
    await Promise.all([reader.cancel(), idle.cancel()]);
    expect((await nothing).done).toBe(true);
    await end(run);
    expect(await all(run.readable)).toEqual(["a", "b"]);
  });

  test("a run that nobody knows has no stream", async () => {
    const nobody = new Run("wrun_nobody", here.app.world);
    await expect(nobody.getStreamInfo()).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await expect(nobody.readable.getReader().read()).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
    });
  });
}

function writers(): void {
  test("G2, SM-11: a lock that is never released holds nothing up, and loses nothing", async () => {
    const run = await start("locked");
    expect(await run.returnValue).toBe("done");
    expect(await all(run.readable)).toEqual(["a", "b", "c"]);
  });

  test("G9, SM-09: many steps write at once, and each one's order is kept", async () => {
    const [count, steps] = [200, 8];
    const run = await start("manyWriters", steps, count);
    await run.returnValue;
    const written = (await all(run.readable)) as { writer: string; n: number }[];
    expect(written).toHaveLength(count * steps);
    for (let step = 0; step < steps; step++) {
      const own = written.filter(({ writer }) => writer === `w${step}`).map(({ n }) => n);
      expect(own).toEqual(Array.from({ length: count }, (_, n) => n));
    }
  });

  test("SM-11: a pipe into the stream leaves it open where it is asked to", async () => {
    const run = await start("pipes", [1, 2, 3]);
    await run.returnValue;
    expect(await all(run.readable)).toEqual([1, 2, 3, "still open"]);
  });
}

function refusals(): void {
  test("SR-11, SM-12: a chunk that cannot be stored, and one behind the end, are refused", async () => {
    const [bad, late] = (await runOf(here.app, "refuses")) as [string, string];
    expect(bad).toContain("Failed to serialize stream chunk");
    expect(late).toBe("STREAM_CLOSED");
  });

  test("T7: what a step writes behind its return goes nowhere, and ends no process", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    const run = await start("leaves");
    await hookOf(here.app, "leave");
    (globalThis as { lateWrites?: () => void }).lateWrites!();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    await resumeHook("leave", "now", { world: here.app.world });
    expect(await run.returnValue).toBe("left");
    expect(await all(run.readable)).toEqual(["in time", "another step"]);
  });

  test("SM-01: a workflow that writes itself is told where to write", async () => {
    expect(await runOf(here.app, "usesHere")).toContain("Not supported in workflow functions");
  });
}
