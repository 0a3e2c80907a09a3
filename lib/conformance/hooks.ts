/** Hooks, bundles and streams: W4, W6, P6. */
import { buildStreamId } from "../contract/stream";
import type { Page } from "../contract/run";
import type { HookRecord } from "../contract/world";
import {
  append,
  appended,
  type Check,
  check,
  claimRun,
  complete,
  createRun,
  freshId,
  type Owned,
  same,
} from "./check";

function hookOf({ runId }: Owned, token: string): HookRecord {
  return { token, runId, call: "hook//a:1", createdAt: 5, description: '{"name":"a"}' };
}

export const HOOK_CHECKS: readonly Check[] = [
  check("hooks-1", "a hook is found by its token from its append on (W4)", async (world) => {
    const owned = await claimRun(world);
    const token = freshId("token_");
    await world.hooks.reserve(token, owned.runId, "hook//a:1");
    same(await world.hooks.find(token), null, "A hook that is only reserved");
    const hook = hookOf(owned, token);
    await appended(world, append(owned, { hooks: [hook] }));
    same(await world.hooks.find(token), hook, "The hook");
    const { data } = await world.hooks.list({ runId: owned.runId });
    same(data, [hook], "The open hooks of the run");
  }),

  check("hooks-2", "a token belongs to one hook, however many ask at once (W4)", async (world) => {
    const owners = await Promise.all(Array.from({ length: 10 }, () => createRun(world)));
    const token = freshId("token_");
    const outcomes = await Promise.all(
      owners.map((runId) => world.hooks.reserve(token, runId, "hook//a:1")),
    );
    const winners = owners.filter((_, index) => outcomes[index]!.status === "reserved");
    same(winners.length, 1, "The number of hooks that have the token");
    for (const outcome of outcomes) {
      if (outcome.status === "taken") same(outcome.runId, winners[0], "The run that is named");
    }
    const again = await world.hooks.reserve(token, winners[0]!, "hook//a:1");
    same(again, { status: "reserved" }, "The answer to the one who has it");
  }),

  check("hooks-5", "a run gives a token from one of its hooks to another (W4)", async (world) => {
    const owned = await claimRun(world);
    const { runId } = owned;
    const token = freshId("token_");
    await world.hooks.reserve(token, runId, "hook//a:1");
    await appended(world, append(owned, { hooks: [hookOf(owned, token)] }));
    const again = await world.hooks.reserve(token, runId, "hook//a:2");
    same(again, { status: "reserved" }, "The answer");
    const second = { ...hookOf(owned, token), call: "hook//a:2" };
    const moving = { position: 3, hooks: [second], disposed: ["hook//a:1"] };
    await appended(world, append(owned, moving));
    same((await world.hooks.find(token))?.call, "hook//a:2", "The hook that has the token");
    await appended(world, append(owned, { position: 4, disposed: ["hook//a:2"] }));
    same(await world.hooks.find(token), null, "The hook that is gone");
  }),

  check(
    "hooks-3",
    "a token is free when its hook is disposed, and when its run is over",
    async (world) => {
      const token = freshId("token_");
      const first = await claimRun(world);
      await world.hooks.reserve(token, first.runId, "hook//a:1");
      await appended(world, append(first, { hooks: [hookOf(first, token)] }));
      await appended(world, append(first, { position: 3, disposed: ["hook//a:1"] }));
      same(await world.hooks.find(token), null, "The hook that was disposed");
      const second = await claimRun(world);
      same(
        (await world.hooks.reserve(token, second.runId, "hook//a:1")).status,
        "reserved",
        "The token",
      );
      await appended(world, append(second, { hooks: [hookOf(second, token)] }));
      await complete(world, second);
      same(await world.hooks.find(token), null, "The hook of a run that is over");
      const third = await createRun(world);
      same((await world.hooks.reserve(token, third, "hook//a:1")).status, "reserved", "The token");
    },
  ),

  check("hooks-4", "open hooks are paged in the order in which they were made", async (world) => {
    const owned = await claimRun(world);
    const { runId } = owned;
    const hooks = Array.from({ length: 5 }, (_, n) => ({
      ...hookOf(owned, freshId("token_")),
      call: `hook//a:${n + 1}`,
    }));
    await appended(world, append(owned, { hooks }));
    const tokens = hooks.map(({ token }) => token);
    for (const scope of [{ runId }, {}]) {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const more: { cursor?: string } = cursor === null ? {} : { cursor };
        const page: Page<HookRecord> = await world.hooks.list({ ...scope, limit: 2, ...more });
        found.push(...page.data.map(({ token }) => token));
        ({ cursor } = page);
      } while (cursor !== null);
      same(
        found.filter((token) => tokens.includes(token)),
        [...tokens].reverse(),
        "The hooks, newest first",
      );
    }
  }),

  check("bundles-1", "a bundle is kept under its hash (P6)", async (world) => {
    const [hash, code] = [freshId("hash_"), "(() => 'ünï\\u2028')()".repeat(1000)];
    same(await world.bundles.get(hash), null, "A bundle that nobody stored");
    await world.bundles.put(hash, code);
    await world.bundles.put(hash, code);
    same(await world.bundles.get(hash), code, "The bundle");
  }),

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
    same(await world.streams.info(stream.streamId), { count: 20, isClosed: false }, "The stream");
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
      same(await world.streams.info(other!.streamId), { count: 1, isClosed: true }, "The stream");
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
];
