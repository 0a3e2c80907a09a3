/** Runs that are claimed in the transaction in which they become due: nobody may forget one (P2). */
import { assembleWorld } from "../../embedded-world/assemble";
import { Database } from "../../embedded-world/database";
import { News } from "../../embedded-world/news";
import {
  append,
  appended,
  claimRun,
  createRun,
  freshId,
  newRun,
  openSession,
} from "../../lib/conformance/check";
import type { World } from "../../lib/contract/world";

const clock = { now: 1_000 };
let database: Database;
let world: World;

beforeEach(() => {
  database = new Database({ dataDir: null, fsync: false, clock: () => clock.now });
  const lock = { isHeld: true, tryAcquire: () => true, release: () => undefined };
  const news = new News(database, false);
  world = assembleWorld({ name: "claims", database, lock, news, guarantee: "None." });
});

afterEach(() => world.close());

const claimIds = async (session: string) => {
  const claims = await world.dispatch.claim(session, freshId("claim_"), 10);
  return claims.map(({ runId }) => runId);
};

test("a claim that fails keeps what was to be handed out with it", async () => {
  const session = await openSession(world);
  await claimIds(session);
  const later = freshId("wrun_");
  await createRun(world);
  await claimIds(session);
  await world.runs.create({ ...newRun(later), dueAt: clock.now + 10 });
  clock.now += 20;
  const ready = await createRun(world);
  jest.spyOn(database, "transaction").mockImplementationOnce(() => {
    throw new Error("database is locked");
  });
  await expect(claimIds(session)).rejects.toThrow("locked");
  expect(await claimIds(session)).toEqual([ready, later]);
});

test("a run that is cancelled before it is handed out is nobody's, and no news", async () => {
  const session = await openSession(world);
  await claimIds(session);
  const runId = await createRun(world);
  await world.runs.cancel(runId);
  expect(await claimIds(session)).toEqual([]);
  expect((await world.dispatch.renew(session))?.news).toEqual([]);
});

test("a run that is given up with messages that its owner has not seen is rung for", async () => {
  const owned = await claimRun(world);
  const { runId } = owned;
  await world.inbox.send(runId, { body: "a" });
  const rung = new Promise((resolve) => {
    world.dispatch.listen({ onNews: (about) => Boolean(resolve(about)), onDue: () => undefined });
  });
  await appended(world, append(owned, { releases: true, dueAt: null }));
  expect(await rung).toBe(runId);
});

test("what a run has reserved goes with it: another run may get its number", async () => {
  const { runId } = await claimRun(world);
  await world.runs.cancel(runId);
  const token = freshId("token_");
  await world.hooks.reserve(token, runId, "hook//a:1");
  expect(await world.runs.purge(runId)).toBe(true);
  await createRun(world);
  const third = await createRun(world);
  const outcome = await world.hooks.reserve(token, third, "hook//a:1");
  expect(outcome).toEqual({ status: "reserved" });
});

test("W3: a claim has the time at which it is handed out, not that at which the run became due", async () => {
  const session = await openSession(world);
  await claimIds(session);
  const runId = await createRun(world);
  clock.now += 50;
  const claims = await world.dispatch.claim(session, freshId("claim_"), 10);
  expect(claims.map((claim) => [claim.runId, claim.at])).toEqual([[runId, clock.now]]);
});

test("P2: a run that is claimed and not handed out yet is due, whatever a repeated claim says", async () => {
  const session = await openSession(world);
  const claimId = freshId("claim_");
  expect(await world.dispatch.claim(session, claimId, 10)).toEqual([]);
  const runId = await createRun(world);
  expect(await world.dispatch.claim(session, claimId, 10)).toEqual([]);
  expect(await world.dispatch.nextDue()).toBe(clock.now);
  expect(await claimIds(session)).toEqual([runId]);
  expect(await world.dispatch.nextDue()).toBeNull();
});
