/** Hooks and bundles: W4, P6. */
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
];
