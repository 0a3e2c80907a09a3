/** Who executes which run, and what it is told: E0, E1, E5, W3, W5. */
import {
  append,
  appended,
  assert,
  BUNDLE,
  type Check,
  check,
  claimOf,
  claimRun,
  complete,
  createRun,
  freshId,
  newRun,
  openSession,
  type Owned,
  refused,
  same,
} from "./check";

export const DISPATCH_CHECKS: readonly Check[] = [
  check("claim-1", "a run that is due is handed to one claimer (E1)", async (world) => {
    const ids = new Set<string>();
    for (let n = 0; n < 20; n++) ids.add(await createRun(world));
    // One each where the world gives them out; a session has one claim under way at a time (W8).
    const sessions = await Promise.all(Array.from({ length: 8 }, () => openSession(world)));
    const claims = (
      await Promise.all(
        [...new Set(sessions)].map((session) =>
          world.dispatch.claim(session, freshId("claim_"), 100),
        ),
      )
    ).flat();
    const own = claims.filter(({ runId }) => ids.has(runId)).map(({ runId }) => runId);
    same(new Set(own).size, own.length, "The number of claims of different runs");
    same(own.length, 20, "The number of runs that were claimed");
  }),

  check("claim-4", "a claim whose answer was lost is repeated (W8)", async (world) => {
    const session = await openSession(world);
    const runId = await createRun(world);
    const claimId = freshId("claim_");
    const claims = await world.dispatch.claim(session, claimId, 1000);
    same(
      claims.some((claim) => claim.runId === runId),
      true,
      "Whether the run was claimed",
    );
    same(await world.dispatch.claim(session, claimId, 1000), claims, "The claims");
  }),

  check("claim-3", "a claim tells what its owner would have to ask for", async (world) => {
    const owned = await claimRun(world);
    same([owned.claim.position, owned.claim.hasMessages], [1, false], "A new run");
    await appended(world, append(owned, { releases: true, dueAt: 0 }));
    await world.inbox.send(owned.runId, { body: "hello" });
    const { position, hasMessages } = await claimOf(world, owned.session, owned.runId);
    same([position, hasMessages], [2, true], "A run with two events and a message");
  }),

  check(
    "claim-2",
    "each claim has a higher fence, and those that came to nothing are counted (E6)",
    async (world) => {
      let owned = await claimRun(world);
      for (let claims = 2; claims < 5; claims++) {
        await world.dispatch.closeSession(owned.session);
        const session = await openSession(world);
        const claim = await claimOf(world, session, owned.runId);
        assert(claim.fence > owned.claim.fence, "The fence of a new claim is not higher");
        assert(claim.claims >= claims, `Claim ${claims} is counted as ${claim.claims}`);
        const now = await world.now();
        assert(claim.at <= now && claim.at > now - 60_000, "The time of the claim is not now");
        owned = { ...owned, session, claim };
      }
      await world.dispatch.release(owned.runId, owned.claim.fence, { dueAt: 0 });
      const released = await claimOf(world, owned.session, owned.runId);
      same(released.claims, 1, "The count after the run was released");
      await appended(world, append({ ...owned, claim: released }));
      await world.dispatch.closeSession(owned.session);
      const claim = await claimOf(world, await openSession(world), owned.runId);
      same(claim.claims, 1, "The count after an append");
    },
  ),

  check(
    "claim-6",
    "an owner that lost its session, and is there, is no reason to count its claim (P2)",
    async (world) => {
      const owned = await claimRun(world);
      await world.dispatch.closeSession(owned.session);
      await world.dispatch.release(owned.runId, owned.claim.fence, { dueAt: 0 });
      const session = await openSession(world);
      const claim = await claimOf(world, session, owned.runId);
      same(claim.claims, 1, "The count after the run was lost and released");
      await world.dispatch.closeSession(session);
      const third = await openSession(world);
      await claimOf(world, third, owned.runId);
      await world.dispatch.closeSession(third);
      // It says so too late: somebody else has had it since.
      await world.dispatch.release(owned.runId, claim.fence, { dueAt: 0 });
      const last = await claimOf(world, await openSession(world), owned.runId);
      assert(last.claims >= 3, `Claims that others have lost are counted as ${last.claims}`);
    },
  ),

  check("due-1", "a run that is due later is not handed out earlier (E5, W3)", async (world) => {
    const owned = await claimRun(world);
    const dueAt = (await world.now()) + 3_600_000;
    await appended(world, append(owned, { dueAt, releases: true }));
    const claims = await world.dispatch.claim(owned.session, freshId("claim_"), 1000);
    same(
      claims.some(({ runId }) => runId === owned.runId),
      false,
      "Whether it was handed out",
    );
    const next = await world.dispatch.nextDue();
    assert(
      next !== null && next <= dueAt,
      `The next due time is ${next}, and should not be after ${dueAt}`,
    );
  }),

  check("due-6", "runs that are due and nobody's are counted", async (world) => {
    const before = await world.dispatch.countDue();
    const session = await openSession(world);
    const [runId] = [await createRun(world), await createRun(world)];
    const later = freshId("wrun_");
    await world.runs.create({ ...newRun(later), dueAt: (await world.now()) + 3_600_000 });
    same(await world.dispatch.countDue(), before + 2, "The number when two more are due");
    await claimOf(world, session, runId!);
    // Those that were claimed on the way were given up, and wait for others.
    assert((await world.dispatch.countDue()) <= before, "A run that somebody owns is counted");
    await world.dispatch.closeSession(session);
  }),

  check(
    "due-2",
    "a run that waits for others is never due, until a message comes (E0)",
    async (world) => {
      const owned = await claimRun(world);
      await appended(world, append(owned, { dueAt: null, releases: true }));
      const before = await world.dispatch.claim(owned.session, freshId("claim_"), 1000);
      same(
        before.some(({ runId }) => runId === owned.runId),
        false,
        "Whether it was handed out",
      );
      await world.inbox.send(owned.runId, { body: "hello" });
      await claimOf(world, owned.session, owned.runId);
    },
  ),

  check("due-4", "a run that is created for later is not handed out earlier", async (world) => {
    const session = await openSession(world);
    await world.bundles.put(BUNDLE, "code");
    const dueAt = (await world.now()) + 3_600_000;
    const run = { ...newRun(freshId("wrun_")), dueAt };
    await world.runs.create(run);
    same((await world.runs.get(run.record.runId))?.dueAt, dueAt, "When it is due");
    const claims = await world.dispatch.claim(session, freshId("claim_"), 1000);
    same(
      claims.some(({ runId }) => runId === run.record.runId),
      false,
      "Whether it was handed out",
    );
  }),

  check("due-5", "of runs that are due the longest due is handed out first", async (world) => {
    // With one key they are where one claim looks at both.
    const oneOf = () => claimRun(world, { runId: world.runs.newId("due-5") });
    const [first, second] = [await oneOf(), await oneOf()];
    await appended(world, append(first, { dueAt: 2, releases: true }));
    await appended(world, append(second, { dueAt: 1, releases: true }));
    const claims = await world.dispatch.claim(first.session, freshId("claim_"), 1000);
    const own = claims
      .map(({ runId }) => runId)
      .filter((id) => [first, second].some(({ runId }) => runId === id));
    same(own, [second.runId, first.runId], "The order");
  }),

  check("session-1", "a session that is over owns nothing, and is told so (E1)", async (world) => {
    const owned = await claimRun(world);
    await world.dispatch.closeSession(owned.session);
    same(await world.dispatch.renew(owned.session), null, "The renewal");
    same(await world.dispatch.claim(owned.session, freshId("claim_"), 10), [], "A claim");
    await refused(world, append(owned), "An append after the end of the session");
    await claimOf(world, await openSession(world), owned.runId);
  }),

  check("release-1", "a run is given up with what its owner has seen", async (world) => {
    const { session, runId, claim } = await claimRun(world);
    await world.inbox.send(runId, { body: "seen" });
    const [message] = await world.inbox.read(runId, 10);
    await world.dispatch.release(runId, claim.fence, { dueAt: null, seen: message!.number });
    const isClaimed = async () => {
      const claims = await world.dispatch.claim(session, freshId("claim_"), 1000);
      return claims.some((each) => each.runId === runId);
    };
    same(await isClaimed(), false, "Whether it is due");
    await world.inbox.send(runId, { body: "new" });
    same(await isClaimed(), true, "Whether a message makes it due");
  }),

  check(
    "due-3",
    "a message that comes while the owner gives the run up is not overlooked",
    async (world) => {
      const owned = await claimRun(world);
      await world.inbox.send(owned.runId, { body: "hello" });
      await appended(world, append(owned, { dueAt: null, releases: true }));
      await claimOf(world, owned.session, owned.runId);
    },
  ),

  check("renew-1", "an owner learns which of its runs have news", async (world) => {
    const owned = await claimRun(world);
    same(
      (await world.dispatch.renew(owned.session))?.news.includes(owned.runId),
      false,
      "News of a silent run",
    );
    await world.inbox.send(owned.runId, { body: "hello" });
    same(
      (await world.dispatch.renew(owned.session))?.news.includes(owned.runId),
      true,
      "News of the run",
    );
  }),

  check(
    "renew-2",
    "an owner learns that its run was cancelled, until it lets go",
    async (world) => {
      const { session, runId, claim } = await claimRun(world);
      await world.runs.cancel(runId);
      same((await world.dispatch.renew(session))?.news.includes(runId), true, "News of the cancel");
      await world.dispatch.release(runId, claim.fence);
      same(
        (await world.dispatch.renew(session))?.news.includes(runId),
        false,
        "News after the release",
      );
      const claims = await world.dispatch.claim(session, freshId("claim_"), 1000);
      same(
        claims.some((other) => other.runId === runId),
        false,
        "Whether the cancelled run is handed out",
      );
    },
  ),

  check("strike-1", "a strike stays with its run", async (world) => {
    const owned = await claimRun(world);
    same(owned.claim.strikes, 0, "The strikes of a new run");
    await world.dispatch.strike(owned.runId);
    await appended(world, append(owned, { releases: true, dueAt: 0 }));
    const { strikes } = await claimOf(world, owned.session, owned.runId);
    assert(strikes > 0, "A strike was forgotten");
  }),

  check("served-1", "it is known whether some process executes", async (world) => {
    const session = await openSession(world);
    same(await world.dispatch.isServed(), true, "While there is a session");
    await world.dispatch.closeSession(session);
  }),

  check("listen-1", "who listens hears of a new run and of a message", async (world) => {
    let due = 0;
    const news = new Set<string | null>();
    const hasNewsOf = (runId: string) => news.has(runId) || news.has(null);
    const session = await openSession(world);
    const onNews = (runId: string | null) => {
      news.add(runId);
      return true;
    };
    const stop = world.dispatch.listen({ onNews, onDue: () => void due++ });
    const runId = await createRun(world);
    // A world that does not tell the two apart says both of a run that nobody owns.
    await until(() => due > 0 || hasNewsOf(runId), "Nobody was told of a new run");
    await claimOf(world, session, runId);
    news.clear();
    await world.inbox.send(runId, { body: "hello" });
    await until(() => hasNewsOf(runId), "The owner was not told of a message");
    news.clear();
    await world.runs.cancel(runId);
    await until(() => hasNewsOf(runId), "The owner was not told of a cancel");
    stop();
  }),

  check("listen-2", "who listens to a run hears that its log has grown", async (world) => {
    const owned = await claimRun(world);
    let heard = 0;
    const stop = world.runs.listen(owned.runId, () => heard++);
    await appended(world, append(owned));
    await until(() => heard > 0, "Nobody was told of an append");
    heard = 0;
    await world.runs.cancel(owned.runId);
    await until(() => heard > 0, "Nobody was told of a cancel");
    stop();
  }),

  check("listen-3", "who waits for the end of a run hears of it", async (world) => {
    for (const end of [
      complete,
      async (_: unknown, { runId }: Owned) => world.runs.cancel(runId),
    ]) {
      const owned = await claimRun(world);
      let heard = 0;
      const stop = world.runs.listenForEnd(owned.runId, () => heard++);
      await end(world, owned);
      await until(() => heard > 0, "Nobody was told of the end");
      stop();
    }
  }),
];

async function until(isTrue: () => boolean, message: string): Promise<void> {
  const end = Date.now() + 5_000;
  while (!isTrue()) {
    assert(Date.now() < end, message);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
