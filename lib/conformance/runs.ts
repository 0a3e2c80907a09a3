/** Runs and their logs: W1, W2, W7, W8. */
import { buildStreamId } from "../contract/stream";
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
  positions,
  refused,
  same,
  waitCreated,
} from "./check";

export const RUN_CHECKS: readonly Check[] = [
  check(
    "runs-1",
    "a run that was created is there, with the event that created it",
    async (world) => {
      const tags = { team: "north" };
      const runId = await createRun(world, { title: "An order", metadata: '1j{"a":1}', tags });
      const record = await world.runs.get(runId);
      assert(record !== null, "A run that was created is not there");
      const { status, position, title, metadata, createdAt } = record;
      same(
        { status, position, title, metadata, tags: record.tags },
        {
          ...{ status: "pending", position: 1, title: "An order", metadata: '1j{"a":1}', tags },
        },
        "The record",
      );
      const [entry] = await world.runs.read(runId, 1, 10);
      same(
        [entry?.position, entry?.event.type, entry?.event.at],
        [1, "run_created", createdAt],
        "The entry",
      );
    },
  ),

  check("runs-2", "creating a run again changes nothing (W8)", async (world) => {
    const runId = await createRun(world);
    await world.bundles.put("other", "code");
    const again = newRun(runId, { title: "another" });
    same(await world.runs.create(again), { status: "exists" }, "The answer");
    same((await world.runs.get(runId))?.title, undefined, "The title");
    same((await world.runs.read(runId, 1, 10)).length, 1, "The length of the log");
  }),

  check("runs-3", "a key belongs to one live run, and is free when that is over", async (world) => {
    const key = freshId("key_");
    const first = await createRun(world, { key });
    const second = await world.runs.create(newRun(freshId("wrun_"), { key }));
    same(second, { status: "key_taken", runId: first }, "The answer");
    await world.runs.cancel(first);
    await createRun(world, { key });
    same((await world.runs.list({ key })).data.length, 2, "The number of runs that had the key");
  }),

  check(
    "runs-4",
    "of many runs that are created with one key at once there is one",
    async (world) => {
      const key = freshId("key_");
      const ids = Array.from({ length: 20 }, () => freshId("wrun_"));
      await Promise.all(ids.map((runId) => world.runs.create(newRun(runId, { key }))));
      const found = await Promise.all(ids.map((runId) => world.runs.get(runId)));
      same(found.filter((run) => run !== null).length, 1, "The number of runs");
    },
  ),

  check("runs-5", "a run whose bundle is not there is refused (P6)", async (world) => {
    const runId = freshId("wrun_");
    const outcome = await world.runs.create(newRun(runId, { bundle: freshId("none_") })).then(
      () => "accepted",
      () => "refused",
    );
    same([outcome, await world.runs.get(runId)], ["refused", null], "The outcome");
  }),

  check("log-1", "positions are dense from 1, and stamps ascend (W2)", async (world) => {
    const owned = await claimRun(world);
    const events = ["a", "b", "c"].map(waitCreated);
    await appended(world, append(owned, { events }));
    await appended(world, append(owned, { events, position: 5 }));
    const entries = await world.runs.read(owned.runId, 1, 100);
    same(positions(entries), [1, 2, 3, 4, 5, 6, 7], "The positions");
    const stamps = entries.map(({ stamp }) => stamp);
    assert(
      stamps.every((stamp, index) => index === 0 || stamp > stamps[index - 1]!),
      "Stamps do not ascend",
    );
    same((await world.runs.get(owned.runId))?.position, 7, "The position of the record");
  }),

  check(
    "log-2",
    "a reader pages through a log from any position without gap or repeat",
    async (world) => {
      const owned = await claimRun(world);
      for (let position = 2; position < 28; position += 3) {
        const events = ["a", "b", "c"].map((name) => waitCreated(name + position));
        await appended(world, append(owned, { events, position }));
      }
      for (const limit of [1, 2, 7]) {
        const read: number[] = [];
        for (let from = 1; from <= 28;) {
          const page = positions(await world.runs.read(owned.runId, from, limit));
          assert(page.length > 0, `Nothing was read from position ${from}`);
          read.push(...page);
          from = page.at(-1)! + 1;
        }
        same(
          read,
          Array.from({ length: 28 }, (_, index) => index + 1),
          `Pages of ${limit}`,
        );
      }
      same(await world.runs.read(owned.runId, 29, 10), [], "What is behind the end");
      same(await world.runs.read("wrun_nobody", 1, 10), [], "The log of no run");
    },
  ),

  check("append-1", "an append that is repeated is there once (R7, W8)", async (world) => {
    const owned = await claimRun(world);
    const given = append(owned);
    const stamp = await appended(world, given);
    same(await appended(world, given), stamp, "The stamp of the repetition");
    same((await world.runs.read(owned.runId, 1, 10)).length, 2, "The length of the log");
  }),

  check("append-2", "a stale owner's append is refused (E1)", async (world) => {
    const owned = await claimRun(world);
    await world.dispatch.release(owned.runId, owned.claim.fence, { dueAt: 0 });
    await refused(world, append(owned), "An append after the run was given up");
    const claim = await claimOf(world, owned.session, owned.runId);
    await refused(world, append(owned), "An append with the fence of an earlier claim");
    await appended(world, append({ ...owned, claim }));
  }),

  check("append-3", "an append at another position is refused", async (world) => {
    const owned = await claimRun(world);
    for (const position of [1, 3, 0]) {
      await refused(world, append(owned, { position }), `An append at position ${position}`);
    }
  }),

  check(
    "append-4",
    "a terminal state is written once, and nothing follows it (P5)",
    async (world) => {
      const owned = await claimRun(world);
      await complete(world, owned);
      await refused(world, append(owned, { position: 3 }), "An append behind the end");
      same(await world.runs.cancel(owned.runId), { status: "over", as: "completed" }, "A cancel");
      const { status, dueAt } = (await world.runs.get(owned.runId))!;
      same([status, dueAt], ["completed", null], "The record");
    },
  ),

  check("append-5", "of an end and a cancel at once one is true, for ever (P5)", async (world) => {
    for (let round = 0; round < 10; round++) {
      const owned = await claimRun(world);
      const end = append(owned, {
        events: [{ type: "run_completed", at: 1, output: "1j1" }],
        change: { status: "completed", endedAt: 1 },
      });
      await Promise.all([world.runs.append(end), world.runs.cancel(owned.runId)]);
      const { status } = (await world.runs.get(owned.runId))!;
      const last = (await world.runs.read(owned.runId, 2, 10)).map(({ event }) => event.type);
      same(last, [`run_${status}`], "The end of the log");
    }
  }),

  check(
    "append-6",
    "an append changes the record, and leaves what it does not name",
    async (world) => {
      const owned = await claimRun(world, { title: "kept" });
      const parked = { code: "STEP_MISSING", message: "There is no step" };
      await appended(world, append(owned, { change: { status: "running", startedAt: 7, parked } }));
      const first = (await world.runs.get(owned.runId))!;
      same(
        [first.status, first.startedAt, first.parked, first.title],
        ["running", 7, parked, "kept"],
        "The record",
      );
      await appended(world, append(owned, { position: 3, change: { parked: null } }));
      const second = (await world.runs.get(owned.runId))!;
      same([second.status, second.parked ?? null], ["running", null], "The record afterwards");
    },
  ),

  check("append-7", "an append without events is repeated without effect, too", async (world) => {
    const owned = await claimRun(world);
    const given = append(owned, { events: [], followUps: [freshId("once_")] });
    await appended(world, given);
    await appended(world, given);
    const taken = await world.followUps.take(1000);
    same(taken.filter(({ runId }) => runId === owned.runId).length, 1, "The number of follow-ups");
    for (const { id } of taken) await world.followUps.done(id);
  }),

  check("runs-6", "ids of new runs differ, and a run is created under one", async (world) => {
    const key = freshId("key_");
    const ids = [world.runs.newId(), world.runs.newId(), world.runs.newId(key)];
    same(new Set(ids).size, 3, "The number of ids");
    await createRun(world, { runId: ids[0]! });
    await createRun(world, { runId: ids[2]!, key });
    same((await world.runs.list({ key })).data[0]?.runId, ids[2], "The run that has the key");
  }),

  check("cancel-1", "a cancel fences the owner off, and can be repeated", async (world) => {
    const owned = await claimRun(world);
    const outcome = await world.runs.cancel(owned.runId);
    assert(
      outcome.status === "cancelled" || outcome.status === "over",
      `The cancel was ${outcome.status}`,
    );
    await refused(world, append(owned), "The owner's append after a cancel");
    await refused(world, append(owned, { position: 3 }), "The owner's append behind the cancel");
    same(
      await world.runs.cancel(owned.runId),
      { status: "over", as: "cancelled" },
      "The second cancel",
    );
    same(await world.runs.cancel("wrun_nobody"), { status: "not_found" }, "The cancel of no run");
  }),

  check("cancel-2", "a cancel ends what only a live run has", async (world) => {
    const owned = await claimRun(world);
    const { runId } = owned;
    const token = freshId("token_");
    const hook = { token, runId, call: "hook//a:1", createdAt: 5, description: "{}" };
    const stream = { streamId: buildStreamId(runId, freshId("s")), runId, isDefault: false };
    const parked = { code: freshId("REASON_"), message: "No step" };
    await world.hooks.reserve(token, runId, hook.call);
    await appended(world, append(owned, { hooks: [hook], change: { parked } }));
    await world.streams.write(stream, ["a"]);
    await world.runs.cancel(runId);
    same(await world.hooks.find(token), null, "The hook");
    same((await world.hooks.list({ runId })).data, [], "The hooks of the run");
    same(await world.streams.write(stream, ["b"]), null, "A write to its stream");
    const late = { ...stream, streamId: buildStreamId(runId, freshId("s")) };
    same(await world.streams.write(late, ["b"]), null, "A write to a stream that is new");
    same(await world.inbox.send(runId, { body: "late" }), { status: "over" }, "A message");
    same((await world.runs.list({ parkedFor: parked.code })).data, [], "The parked runs");
    same((await world.runs.get(runId))?.dueAt, null, "When it is due");
    const other = await createRun(world);
    same(
      await world.hooks.reserve(token, other, hook.call),
      { status: "reserved" },
      "The token for another",
    );
  }),

  check(
    "purge-1",
    "a finished run goes with all that belongs to it; a live one stays",
    async (world) => {
      const owned = await claimRun(world);
      const live = await world.runs.purge(owned.runId).then(
        () => "purged",
        () => "refused",
      );
      same(live, "refused", "The purge of a live run");
      const stream = { streamId: buildStreamId(owned.runId), runId: owned.runId, isDefault: true };
      await world.streams.write(stream, ["a"]);
      await complete(world, owned);
      await world.runs.purge(owned.runId);
      const left = [await world.runs.get(owned.runId), await world.streams.info(stream.streamId)];
      same([...left, await world.runs.read(owned.runId, 1, 10)], [null, null, []], "What is left");
      same(await world.runs.purge(owned.runId), false, "The purge of no run");
    },
  ),

  check("expire-2", "what ended first goes early while there is too much (W7)", async (world) => {
    const owned = await claimRun(world);
    await complete(world, owned);
    const live = await claimRun(world);
    const policy = { finishedMs: 3_600_000, failedMs: 3_600_000, maxBytes: 1 };
    while ((await world.runs.expire(policy, 100)) > 0);
    same(await world.runs.get(owned.runId), null, "A run for which there is no room");
    assert((await world.runs.get(live.runId)) !== null, "A live run went");
  }),

  check("expire-1", "finished runs go by age, failed ones by another (W7)", async (world) => {
    const done = await claimRun(world);
    await complete(world, done);
    const alive = await createRun(world);
    const now = await world.now();
    await world.runs.expire({ finishedMs: now, failedMs: now }, 1000);
    assert((await world.runs.get(done.runId)) !== null, "A run went before its time");
    for (let round = 0; round < 50 && (await world.runs.get(done.runId)); round++) {
      await world.runs.expire({ finishedMs: -1, failedMs: -1 }, 1000);
    }
    same(await world.runs.get(done.runId), null, "The run whose time is over");
    assert((await world.runs.get(alive)) !== null, "A live run was removed");
  }),
];
