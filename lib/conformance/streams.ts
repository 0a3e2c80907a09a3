/** Streams: W2, W6. */
import { buildOwnStreamId, buildStreamId, parseStreamId } from "../contract/stream";
import type { StreamName } from "../contract/world";
import {
  append,
  assert,
  appended,
  type Check,
  check,
  claimRun,
  complete,
  createRun,
  freshId,
  same,
} from "./check";

export const STREAM_CHECKS: readonly Check[] = [
  check("streams-1", "chunks have dense indexes, whoever writes them (W6)", async (world) => {
    const runId = await createRun(world);
    const stream = { streamId: buildStreamId(runId, freshId("s")), runId, isDefault: false };
    const firsts = await Promise.all(
      Array.from({ length: 10 }, (_, n) => world.streams.write(stream, [`${n}a`, `${n}b`])),
    );
    same(
      [...firsts].sort((a, b) => a! - b!),
      [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
      "The indexes",
    );
    const chunks = await world.streams.read(stream.streamId, 0, 100);
    same(
      chunks.map(({ index }) => index),
      Array.from({ length: 20 }, (_, n) => n),
      "The indexes read",
    );
    for (let n = 0; n < 20; n += 2) {
      same(chunks[n]!.data.slice(0, -1), chunks[n + 1]!.data.slice(0, -1), "The writer of a pair");
    }
    same((await world.streams.read(stream.streamId, 18, 100)).length, 2, "The number read from 18");
    const info = { count: 20, isClosed: false, writes: 10 };
    same(await world.streams.info(stream.streamId), info, "The stream");
    same(await world.streams.list(runId), [stream.streamId], "The streams of the run");
  }),

  check(
    "streams-2",
    "a closed stream takes nothing, and the end of its run closes it (SM-13)",
    async (world) => {
      const owned = await claimRun(world);
      const { runId } = owned;
      const [one, other] = ["one", "other"].map((name) => ({
        streamId: buildStreamId(runId, freshId(name)),
        runId,
        isDefault: false,
      }));
      await world.streams.write(one!, ["a"]);
      await world.streams.close(one!);
      same(await world.streams.write(one!, ["b"]), null, "A write to a closed stream");
      await world.streams.write(other!, ["a"]);
      await complete(world, owned);
      const info = { count: 1, isClosed: true, writes: 1 };
      same(await world.streams.info(other!.streamId), info, "The stream");
      same((await world.streams.read(other!.streamId, 0, 10)).length, 1, "What can still be read");
    },
  ),

  check(
    "streams-3",
    "chunks of the default stream and the log have stamps of one counter (W2)",
    async (world) => {
      const owned = await claimRun(world);
      const stream = { streamId: buildStreamId(owned.runId), runId: owned.runId, isDefault: true };
      await world.streams.write(stream, ["a", "b"]);
      const second = await appended(world, append(owned));
      await world.streams.write(stream, ["c"]);
      const chunks = await world.streams.read(stream.streamId, 0, 10);
      const [a, b, c] = chunks.map(({ stamp }) => stamp ?? -1);
      same([a! < b!, b! < second, second < c!], [true, true, true], "The order of the stamps");
    },
  ),

  check("streams-4", "who closes a stream first says how it ends (SM-14)", async (world) => {
    const runId = await createRun(world);
    const [broken, whole] = ["broken", "whole"].map((name) => named(runId, name));
    await world.streams.write(broken!, ["a"]);
    await world.streams.close(broken!, "it broke");
    await world.streams.close(broken!);
    await world.streams.close(whole!);
    await world.streams.close(whole!, "too late");
    const ofBroken = { count: 1, isClosed: true, failure: "it broke", writes: 1 };
    same(await world.streams.info(broken!.streamId), ofBroken, "The one that broke");
    const ofWhole = { count: 0, isClosed: true, writes: 0 };
    same(await world.streams.info(whole!.streamId), ofWhole, "The one that did not");
  }),

  check("streams-5", "a write without chunks shows that the writer is there", async (world) => {
    const runId = await createRun(world);
    const stream = named(runId, "slow");
    same(await world.streams.write(stream, []), 0, "The next index");
    await world.streams.write(stream, ["a"]);
    same(await world.streams.write(stream, []), 1, "The next index");
    const info = { count: 1, isClosed: false, writes: 3 };
    same(await world.streams.info(stream.streamId), info, "The stream");
  }),

  check("streams-6", "a stale owner's chunks are refused (P3)", async (world) => {
    const { runId, claim } = await claimRun(world);
    const { fence } = claim;
    const stream = named(runId, "fenced");
    same(await world.streams.write(stream, ["a"], fence), 0, "A write of the owner");
    same(await world.streams.write(stream, ["b"], fence - 1), null, "A write of another");
    same(await world.streams.write(stream, ["c"]), 1, "A write of whoever");
  }),

  check("streams-8", "a page of large chunks ends early, and skips none (SM-27)", async (world) => {
    const runId = await createRun(world);
    const stream = named(runId, "large");
    const sizes = [10, 400_000, 400_000, 400_000, 10, 1_500_000, 10];
    for (const size of sizes) await world.streams.write(stream, ["x".repeat(size)]);
    const pages: number[][] = [];
    for (let from = 0; ;) {
      const page = await world.streams.read(stream.streamId, from, 100);
      if (page.length === 0) break;
      pages.push(page.map(({ data }) => data.length));
      from = page.at(-1)!.index + 1;
    }
    same(pages.flat(), sizes, "The chunks");
    const behind = pages.map((page) => page.slice(0, -1).reduce((sum, size) => sum + size, 0));
    assert(Math.max(...behind) <= 1_000_000, "A page goes on behind a million characters");
  }),

  check("streams-9", "a stale owner closes no stream (P3)", async (world) => {
    const { runId, claim } = await claimRun(world);
    const stream = named(runId, "kept");
    await world.streams.write(stream, ["a"], claim.fence);
    await world.streams.close(stream, "by another", claim.fence - 1);
    same(await world.streams.write(stream, ["b"], claim.fence), 1, "A write of the owner");
    await world.streams.close(stream, undefined, claim.fence);
    same(await world.streams.write(stream, ["c"], claim.fence), null, "A write behind the end");
  }),

  check("streams-7", "one that outlives its run stays open behind its end", async (world) => {
    const owned = await claimRun(world);
    const [early, late] = [0, 1].map((n) => outOf(owned.runId, `${freshId("step")}_${n}`));
    await world.streams.write(early!, ["a"]);
    await complete(world, owned);
    same(await world.streams.write(early!, ["b"]), 1, "A write to one that was there");
    same(await world.streams.write(late!, ["a"]), 0, "A write to one that is new");
    await world.streams.close(early!);
    same(await world.streams.write(early!, ["c"]), null, "A write when it was closed");
    same(await world.runs.purge(owned.runId), true, "The purge of the run");
    same(await world.streams.info(late!.streamId), null, "One of a run that is gone");
  }),
];

function named(runId: string, name: string): StreamName {
  return { streamId: buildStreamId(runId, freshId(name)), runId, isDefault: false };
}

function outOf(runId: string, name: string): StreamName {
  return parseStreamId(buildOwnStreamId(runId, "out", name))!;
}
