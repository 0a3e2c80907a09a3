/** Readers, writers and senders when what they depend on goes away. */
import { createMemoryWorld } from "../../embedded-world/memory-world";
import { resumeWebhook } from "../../lib/api";
import { buildStreamId, parseStreamId } from "../../lib/contract/stream";
import { readChunk } from "../../lib/streams/chunk";
import { ChunkWriter } from "../../lib/streams/chunk-writer";
import { createRedisWorld } from "../../redis-world";
import { changed } from "../engine/changed-world";
import { hookOf } from "../engine/each-world";
import { openApp, startOf, unregister } from "../engine/test-app";
import { startRedisServer } from "../redis/redis-server";
import { STREAM_WORKFLOWS } from "./stream-workflows";
import { WEBHOOK_WORKFLOWS } from "../engine/webhook-workflows";

afterEach(unregister);

const ORIGIN = { writer: "step_1", attempt: 1 };

/** A run in a world of its own, and its default stream. */
async function ownStream() {
  const world = createMemoryWorld("memory", () => Date.now());
  const runId = world.runs.newId();
  await world.bundles.put("hash", "code");
  const record = { runId, workflow: "w", bundle: "hash" };
  const event = { type: "run_created", at: 0, input: "1j[]", ...record } as const;
  await world.runs.create({ record, event });
  return { world, plan: parseStreamId(buildStreamId(runId))! };
}

test("T3: a write whose answer was lost is not repeated while nobody can look for it", async () => {
  const { world, plan } = await ownStream();
  let [writes, reads] = [0, 0];
  const lossy = changed(world, "streams", (inner) => ({
    async write(...given) {
      const first = await inner.write(...given);
      if (++writes === 1) throw new Error("the answer was lost");
      return first;
    },
    async read(...given) {
      if (++reads <= 2) throw new Error("still away");
      return inner.read(...given);
    },
  }));
  const writer = new ChunkWriter(lossy, plan, { origin: ORIGIN });
  await writer.write("1j1");
  await writer.flush();
  const stored = await world.streams.read(plan.streamId, 0, 100);
  expect(stored.map(({ data }) => readChunk(data).number)).toEqual([0]);
});

test("a flush is over when that is stored which was written before it", async () => {
  const { world, plan } = await ownStream();
  const writers: ChunkWriter[] = [];
  const busy = changed(world, "streams", (inner) => ({
    write(...given) {
      // Whenever something is stored, there is more.
      void writers[0]!.write("1j2");
      return inner.write(...given);
    },
  }));
  writers.push(new ChunkWriter(busy, plan, { origin: ORIGIN }));
  await writers[0]!.write("1j1");
  await writers[0]!.flush();
  writers[0]!.abandon(new Error("enough"));
});

test("who reads, or waits for a run, hears of it when a Redis world is closed", async () => {
  const redis = await startRedisServer();
  const openWorld = () => createRedisWorld({ url: redis.url, prefix: "closed" });
  const app = await openApp(STREAM_WORKFLOWS, { openWorld });
  const run = await startOf(app, "waits", ["first"]);
  await hookOf(app, "more");
  const reader = run.readable.getReader();
  await reader.read();
  const waiting = [reader.read(), run.returnValue].map((promise) =>
    promise.catch((error: unknown) => (error as { code: string }).code),
  );
  await app.stop();
  expect(await Promise.all(waiting)).toEqual(["WORLD_CLOSED", "WORLD_CLOSED"]);
  await redis.stop();
}, 60_000);

test("WH-15: a hook is gone whose run ends while the body of a request comes in", async () => {
  const app = await openApp(WEBHOOK_WORKFLOWS);
  const run = await startOf(app, "accepts", "gone");
  await hookOf(app, "gone");
  let pieces = 0;
  const body = new ReadableStream({
    async pull(controller) {
      if (++pieces === 8) await run.cancel();
      if (pieces === 40) return controller.close();
      controller.enqueue(new Uint8Array(100_000));
    },
  });
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  const sent = resumeWebhook("gone", new Request("https://app.test/", init), { world: app.world });
  await expect(sent).rejects.toMatchObject({ code: "HOOK_GONE" });
  await app.stop();
});
