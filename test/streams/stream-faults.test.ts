/** Streams where the world or the writer fails (T1 to T7). */
import { Redis } from "ioredis";
import { Run } from "../../lib/api";
import { buildOwnStreamId, parseStreamId } from "../../lib/contract/stream";
import type { World } from "../../lib/contract/world";
import { createRedisWorld } from "../../redis-world";
import { ChunkReader } from "../../lib/streams/chunk-reader";
import { ChunkWriter } from "../../lib/streams/chunk-writer";
import { changed } from "../engine/changed-world";
import { openApp, startOf, type TestApp, until } from "../engine/test-app";
import { type RedisServer, startRedisServer } from "../redis/redis-server";
import { seededNumbers } from "../seeded-numbers";
import { STREAM_WORKFLOWS } from "./stream-workflows";

let app: TestApp;
let turn = 0;
const next = seededNumbers(7);

/** Every third write fails: it was not made, or it was, and its answer is lost. */
const losing = (world: World): World =>
  changed(world, "streams", (inner) => ({
    async write(...given) {
      if (++turn % 3 !== 0) return inner.write(...given);
      if (next(2) === 0) await inner.write(...given);
      throw new Error("the connection was lost");
    },
    async close(...given) {
      if (++turn % 3 === 0) throw new Error("the connection was lost");
      return inner.close(...given);
    },
  }));

beforeAll(async () => {
  app = await openApp(STREAM_WORKFLOWS, { network: losing });
});
afterAll(() => app.stop());

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream as unknown as AsyncIterable<T>) values.push(value);
  return values;
}

async function writtenTo(streamId: string, world: World) {
  const writes: (readonly string[])[] = [];
  const seen = changed(world, "streams", (inner) => ({
    write: async (stream, chunks, fence) => {
      writes.push(chunks);
      return inner.write(stream, chunks, fence);
    },
  }));
  const options = { origin: { writer: "test", attempt: 0 } };
  return { writes, writer: new ChunkWriter(seen, parseStreamId(streamId)!, options) };
}

test("T3: a chunk is stored once, in order, though answers of the world are lost", async () => {
  for (let round = 0; round < 5; round++) {
    const run = await startOf(app, "manyWriters", 3, 120);
    await run.returnValue;
    const written = (await all(run.readable)) as { writer: string; n: number }[];
    expect(written).toHaveLength(360);
    for (const name of ["w0", "w1", "w2"]) {
      const own = written.filter(({ writer }) => writer === name).map(({ n }) => n);
      expect(own).toEqual(Array.from({ length: 120 }, (_, n) => n));
    }
  }
});

test("SM-12: a stream is closed, though the world does not hear it at once", async () => {
  const run = await startOf(app, "refuses");
  expect(await run.returnValue).toEqual([expect.any(String), "STREAM_CLOSED"]);
  expect(await run.getStreamInfo()).toEqual({ count: 1, isClosed: true });
});

test("T1, SM-20: what is written while a write is under way goes with the next one", async () => {
  const run = await startOf(app, "waits", []);
  const streamId = buildOwnStreamId(run.runId, "in", "batches");
  const { writes, writer } = await writtenTo(streamId, app.world);
  for (let n = 0; n < 1_200; n++) await writer.write(`1p${n}`);
  await writer.flush();
  expect(writes.length).toBeLessThan(10);
  expect(writes.flat()).toHaveLength(1_200);
  expect((await app.world.streams.info(streamId))!.count).toBe(1_200);
  await run.cancel();
});

test("T2: a writer that is faster than the world has to wait", async () => {
  const run = await startOf(app, "waits", []);
  const streamId = buildOwnStreamId(run.runId, "in", "fast");
  const { writer } = await writtenTo(streamId, app.world);
  const piece = `1p"${"x".repeat(300_000)}"`;
  const waits = Array.from({ length: 6 }, () => writer.write(piece));
  expect(waits.map((wait) => wait !== undefined)).toEqual([
    ...[false, false, false, false],
    ...[true, true],
  ]);
  await Promise.all(waits);
  await run.cancel();
});

test("T5, G3: a reader hears of it when the process is gone that wrote the stream", async () => {
  const run = await startOf(app, "waits", []);
  const plan = parseStreamId(buildOwnStreamId(run.runId, "in", "silent"))!;
  await app.world.streams.write(plan, ["0 pump 0 1p1"]);
  const reader = new ChunkReader(app.world, plan, { goneAfterMs: 60 });
  expect((await reader.read())!.index).toBe(0);
  await expect(reader.read()).rejects.toMatchObject({ code: "STREAM_BROKEN" });
  expect(await app.world.streams.info(plan.streamId)).toMatchObject({
    ...{ isClosed: true, failure: "the process that wrote it has ended" },
  });
  await run.cancel();
});

test("T5: a writer that gives signs of life may take its time", async () => {
  const run = await startOf(app, "waits", []);
  const plan = parseStreamId(buildOwnStreamId(run.runId, "in", "slow"))!;
  let signs = 0;
  const timer = setInterval(() => void app.world.streams.write(plan, []).then(() => signs++), 10);
  const reader = new ChunkReader(app.world, plan, { goneAfterMs: 200 });
  const reading = reader.read();
  await until(() => signs >= 60);
  await app.world.streams.write(plan, ["0 pump 0 1p1"]);
  expect((await reading)!.index).toBe(0);
  clearInterval(timer);
  reader.cancel();
  await run.cancel();
});

test("G1: a reader of chunks that are not kept any more is told which", async () => {
  const run = await startOf(app, "writes", ["a", "b", "c", "d"]);
  await run.returnValue;
  // A world that has removed the first two.
  const trimmed = changed(app.world, "streams", (inner) => ({
    read: async (streamId, from, limit) =>
      (await inner.read(streamId, from, limit)).filter(({ index }) => index >= 2),
  }));
  const late = new Run(run.runId, trimmed);
  expect(await all(late.getReadable({ startIndex: 2 }))).toEqual(["c", "d"]);
  await expect(all(late.readable)).rejects.toMatchObject({
    code: "STREAM_GAP",
    message: expect.stringContaining("chunks 0 to 1") as string,
  });
});

describe("on Redis", () => {
  let redis: RedisServer;
  let onRedis: TestApp;
  beforeAll(async () => {
    redis = await startRedisServer();
    const openWorld = () => createRedisWorld({ url: redis.url, prefix: "readers" });
    onRedis = await openApp(STREAM_WORKFLOWS, { openWorld });
  }, 180_000);
  afterAll(async () => {
    await onRedis.stop();
    await redis.stop();
  });

  test("G5: five hundred readers share the connections of their process", async () => {
    const run = await startOf(onRedis, "waits", ["first"]);
    const readers = Array.from({ length: 500 }, () => run.readable.getReader());
    expect((await readers[0]!.read()).value).toBe("first");
    const asking = new Redis(redis.url);
    const connections = async () => String(await asking.client("LIST")).split("\n").length;
    const before = await connections();
    const first = await Promise.all(readers.slice(1).map((reader) => reader.read()));
    const reading = readers.map((reader) => reader.read());
    expect(new Set(first.map(({ value }) => value))).toEqual(new Set(["first"]));
    expect(await connections()).toBe(before);
    asking.disconnect();
    await run.cancel();
    for (const { done } of await Promise.all(reading)) expect(done).toBe(true);
  });
});
