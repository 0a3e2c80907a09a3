/** Runs that begin again after they failed, and runs that belong to others: W4, W7, W8. */
import { buildStreamId } from "../contract/stream";
import type { HookRecord, Reopening, World } from "../contract/world";
import {
  append,
  appended,
  assert,
  type Check,
  check,
  claimOf,
  claimRun,
  complete,
  createRun,
  freshId,
  newRun,
  type Owned,
  refused,
  same,
} from "./check";

export const REOPEN_CHECKS: readonly Check[] = [
  check("reopen-1", "a failed run goes on, is due at once, and has a new fence", async (world) => {
    const owned = await failedRun(world);
    const { runId } = owned;
    same(await world.runs.reopen(reopening(runId)), { status: "reopened" }, "The answer");
    const { status, endedAt, failure, position } = (await world.runs.get(runId))!;
    same(
      [status, endedAt ?? null, failure ?? null, position],
      ["running", null, null, 3],
      "The run",
    );
    const [entry] = await world.runs.read(runId, 3, 1);
    same([entry?.position, entry?.event.type], [3, "run_retried"], "The last entry");
    assert(entry!.event.at > 1, "The event does not have the time of the world");
    await refused(world, append(owned, { position: 4 }), "An append of the owner before");
    const claim = await claimOf(world, owned.session, runId);
    assert(claim.fence > owned.claim.fence, "The fence is not higher than before");
    await appended(world, append({ ...owned, claim }, { position: 4 }));
    await complete(world, { ...owned, claim });
  }),

  check("reopen-2", "reopening again changes nothing (W8)", async (world) => {
    const { runId } = await failedRun(world);
    const given = reopening(runId);
    for (let n = 0; n < 2; n++) {
      same(await world.runs.reopen(given), { status: "reopened" }, "The answer");
    }
    const other = await world.runs.reopen(reopening(runId));
    same(other, { status: "not_failed", as: "running" }, "The answer to somebody else");
    same((await world.runs.read(runId, 1, 10)).length, 3, "The length of the log");
  }),

  check("reopen-3", "no other run is reopened: a cancel and a result are final", async (world) => {
    const owned = await claimRun(world);
    await complete(world, owned);
    const done = await world.runs.reopen(reopening(owned.runId));
    same(done, { status: "not_failed", as: "completed" }, "A run that completed");
    const cancelled = await createRun(world);
    await world.runs.cancel(cancelled);
    const answer = await world.runs.reopen(reopening(cancelled));
    same(answer, { status: "not_failed", as: "cancelled" }, "A run that was cancelled");
    const nobody = await world.runs.reopen(reopening("wrun_nobody"));
    same(nobody, { status: "not_found" }, "No run");
    const { runId } = await failedRun(world);
    const stale = { ...reopening(runId), position: 2 };
    same(await world.runs.reopen(stale), { status: "moved" }, "A log that has grown");
  }),

  check("reopen-4", "a key that another run has is not taken from it", async (world) => {
    const key = freshId("key_");
    const { runId } = await failedRun(world, key);
    const other = await createRun(world, { key });
    const taken = { status: "key_taken", runId: other };
    same(await world.runs.reopen(reopening(runId)), taken, "The answer");
    await world.runs.cancel(other);
    same(await world.runs.reopen(reopening(runId)), { status: "reopened" }, "The second answer");
    const again = await world.runs.create(newRun(freshId("wrun_"), { key }));
    same(again, { status: "key_taken", runId }, "A start with the key");
  }),

  check("reopen-5", "hooks that are open again have their tokens (W4)", async (world) => {
    const { runId } = await failedRun(world);
    const call = "hook//again:1";
    const token = freshId("token_");
    const hook: HookRecord = { token, runId, call, createdAt: 5, description: "{}" };
    same(await world.hooks.reserve(token, runId, call), { status: "reserved" }, "The token");
    await world.runs.reopen(reopening(runId, [hook]));
    same(await world.hooks.find(token), hook, "The hook");
    same(await world.inbox.send(runId, { call, body: "a" }), { status: "stored" }, "A message");
    const other = await createRun(world);
    const taken = { status: "taken", runId };
    same(await world.hooks.reserve(token, other, call), taken, "The token for another run");
  }),

  check("reopen-7", "a run that goes on knows what it knew", async (world) => {
    const owned = await claimRun(world);
    const { runId, session } = owned;
    const names = ["open", "closed"].map((name) => buildStreamId(runId, freshId(name)));
    const [open, closed] = names.map((streamId) => ({ streamId, runId, isDefault: false }));
    for (const stream of [open!, closed!]) await world.streams.write(stream, ["a"]);
    await world.streams.close(closed!);
    await world.inbox.send(runId, { id: "known", body: "a" });
    await world.inbox.send(runId, { id: "other", body: "b" });
    await appended(world, append(owned, { disposed: ["hook//gone:1", "hook//again:1"] }));
    await fail(world, owned, 3);
    const token = freshId("token_");
    await world.hooks.reserve(token, runId, "hook//again:1");
    const hook = { token, runId, call: "hook//again:1", createdAt: 5, description: "{}" };
    await world.runs.reopen({ ...reopening(runId, [hook]), position: 4 });
    const claim = await claimOf(world, session, runId);
    const before = await world.inbox.read(runId, 10);
    same(
      before.map(({ body }) => body),
      ["a", "b"],
      "Messages that it had not taken",
    );
    const again = await world.inbox.send(runId, { id: "known", body: "a" });
    same(again, { status: "duplicate" }, "A message that it had");
    const late = await world.inbox.send(runId, { call: "hook//gone:1", body: "a" });
    same(late, { status: "gone" }, "A message for a hook that is gone");
    same(await world.streams.write(open!, ["b"]), 1, "A write to a stream that was open");
    same(await world.streams.write(closed!, ["b"]), null, "A write to one that was closed");
    const sent = await world.inbox.send(runId, { call: hook.call, body: "a" });
    same(sent, { status: "stored" }, "A message for a hook that is open again");
    const last = (await world.inbox.read(runId, 10)).at(-1);
    await world.dispatch.release(runId, claim.fence, { dueAt: null, seen: last!.number });
    same((await world.runs.get(runId))?.dueAt, null, "When it is due without news");
  }),

  check(
    "reopen-8",
    "a token that has become another's is not taken from it (W4)",
    async (world) => {
      const { runId } = await failedRun(world);
      const call = "hook//again:1";
      const token = freshId("token_");
      const other = await createRun(world);
      await world.hooks.reserve(token, other, call);
      const hook: HookRecord = { token, runId, call, createdAt: 5, description: "{}" };
      const outcome = await world.runs.reopen(reopening(runId, [hook])).then(
        () => "accepted",
        (error: unknown) => (error as { code?: string }).code,
      );
      same(
        [outcome, (await world.runs.get(runId))?.status],
        ["HOOK_CONFLICT", "failed"],
        "The run",
      );
    },
  ),

  check("reopen-6", "of many who reopen a run at once one does", async (world) => {
    const { runId } = await failedRun(world);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => world.runs.reopen(reopening(runId))),
    );
    const reopened = answers.filter(({ status }) => status === "reopened");
    same(reopened.length, 1, "The number of those who did");
    same((await world.runs.read(runId, 1, 10)).length, 3, "The length of the log");
  }),

  check(
    "bundles-3",
    "a run may get another bundle, which then stays with it (W7)",
    async (world) => {
      const owned = await claimRun(world);
      const [one, other] = [freshId("bundle_"), freshId("bundle_")];
      for (const hash of [one, other]) await world.bundles.put(hash, `code ${hash}`);
      await appended(world, append(owned, { change: { bundle: one } }));
      same((await world.runs.get(owned.runId))?.bundle, one, "The bundle of the record");
      const { runId } = await failedRun(world);
      const given = reopening(runId);
      await world.runs.reopen({ ...given, event: { ...given.event, bundle: other } });
      same((await world.runs.get(runId))?.bundle, other, "The bundle of a run that was reopened");
      const gone = await claimRun(world);
      await complete(world, gone);
      for (let n = 0; n < 50 && (await world.runs.get(gone.runId)); n++) {
        await world.runs.expire({ finishedMs: -1, failedMs: -1 }, 1000);
      }
      for (const hash of [one, other]) {
        same(await world.bundles.get(hash), `code ${hash}`, "A bundle that a live run has");
      }
    },
  ),

  check("list-3", "runs are listed by the run that started them", async (world) => {
    const parent = await createRun(world);
    const children = [await createRun(world, { parent }), await createRun(world, { parent })];
    await createRun(world);
    const found = await world.runs.list({ parent, isOldestFirst: true });
    same(
      found.data.map(({ runId, parent }) => [runId, parent]),
      children.map((runId) => [runId, parent]),
      "The list",
    );
  }),

  check("claim-5", "runs are claimed by name, due or not, if nobody has them", async (world) => {
    const owned = await claimRun(world);
    const { session, runId, claim } = owned;
    const claims = (only: string[]) => world.dispatch.claim(session, freshId("claim_"), 10, only);
    const over = await claimRun(world);
    await complete(world, over);
    same(await claims([runId, over.runId, "wrun_nobody"]), [], "Runs that cannot be claimed");
    await world.dispatch.release(runId, claim.fence, { dueAt: null });
    const due = await createRun(world);
    const found = await claims([runId]);
    same(
      found.map(({ runId }) => runId),
      [runId],
      "The claims",
    );
    await appended(world, append({ ...owned, claim: found[0]! }));
    await claimOf(world, session, due);
  }),
];

/** A run that its owner has failed, with a log of two events. */
async function failedRun(world: World, key?: string): Promise<Owned> {
  const owned = await claimRun(world, key === undefined ? {} : { key });
  await fail(world, owned, 2);
  return owned;
}

async function fail(world: World, owned: Owned, position: number): Promise<void> {
  const shown = { name: "Error", message: "no" };
  const events = [{ type: "run_failed", at: 1, failure: { ...shown, value: '1j"no"' } } as const];
  const change = { status: "failed", startedAt: 1, endedAt: 1, failure: shown } as const;
  await appended(world, append(owned, { position, events, change }));
}

function reopening(runId: string, hooks: readonly HookRecord[] = []): Reopening {
  const event = { type: "run_retried", at: 1, voids: [2] } as const;
  return { runId, id: freshId("retry_"), position: 3, event, hooks };
}
