/** What others have to say to a run: E0, W5. */
import {
  append,
  appended,
  type Check,
  check,
  claimOf,
  claimRun,
  complete,
  freshId,
  same,
  waitCreated,
} from "./check";

export const INBOX_CHECKS: readonly Check[] = [
  check("inbox-1", "messages are kept in order until they are taken (E0)", async (world) => {
    const owned = await claimRun(world);
    for (const body of ["a", "b", "c"]) await world.inbox.send(owned.runId, { id: body, body });
    const messages = await world.inbox.read(owned.runId, 10);
    same(
      messages.map(({ body }) => body),
      ["a", "b", "c"],
      "The messages",
    );
    await appended(
      world,
      append(owned, { taken: messages.slice(0, 2).map(({ number }) => number) }),
    );
    same(
      (await world.inbox.read(owned.runId, 10)).map(({ body }) => body),
      ["c"],
      "What is left",
    );
  }),

  check(
    "inbox-2",
    "a message is stored once for its id, also after it was taken (W5)",
    async (world) => {
      const owned = await claimRun(world);
      const id = freshId("message_");
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => world.inbox.send(owned.runId, { id, body: "once" })),
      );
      same(
        outcomes.every(({ status }) => status === "stored" || status === "duplicate"),
        true,
        "The answers",
      );
      const [message] = await world.inbox.read(owned.runId, 10);
      same((await world.inbox.read(owned.runId, 10)).length, 1, "The number of messages");
      await appended(world, append(owned, { taken: [message!.number] }));
      same(
        await world.inbox.send(owned.runId, { id, body: "once" }),
        { status: "duplicate" },
        "The answer",
      );
    },
  ),

  check(
    "inbox-5",
    "a message that the owner has seen and left waits in silence (E0)",
    async (world) => {
      const owned = await claimRun(world);
      const { session, runId } = owned;
      for (const body of ["early", "other"]) await world.inbox.send(runId, { body });
      const [early, other] = await world.inbox.read(runId, 10);
      const known = { taken: [other!.number], seen: other!.number };
      await appended(world, append(owned, { ...known, dueAt: null, releases: true }));
      const claims = await world.dispatch.claim(session, freshId("claim_"), 1000);
      same(
        claims.some((claim) => claim.runId === runId),
        false,
        "Whether a message that was seen makes its run due",
      );
      await world.inbox.send(runId, { body: "new" });
      await claimOf(world, session, runId);
      const left = await world.inbox.read(runId, 10);
      same(
        [left[0]!.number, ...left.map(({ body }) => body)],
        [early!.number, "early", "new"],
        "The messages",
      );
    },
  ),

  check(
    "inbox-3",
    "a run that is over, and one that is not there, take no messages",
    async (world) => {
      const owned = await claimRun(world);
      await complete(world, owned);
      same(await world.inbox.send(owned.runId, { body: "late" }), { status: "over" }, "The answer");
      same(
        await world.inbox.send("wrun_nobody", { body: "who" }),
        { status: "not_found" },
        "The answer",
      );
    },
  ),

  check(
    "inbox-4",
    "a hook that is gone takes no messages; one that may come does",
    async (world) => {
      const owned = await claimRun(world);
      const send = (call: string) => world.inbox.send(owned.runId, { call, body: call });
      same((await send("hook//early:1")).status, "stored", "A message for a hook that may come");
      await appended(
        world,
        append(owned, { events: [waitCreated("x")], disposed: ["hook//gone:1"] }),
      );
      same((await send("hook//gone:1")).status, "gone", "A message for a hook that is gone");
    },
  ),

  check("inbox-6", "what one owner has seen is no news to the next one", async (world) => {
    const owned = await claimRun(world);
    const { runId, session } = owned;
    for (const body of ["a", "b", "c"]) await world.inbox.send(runId, { body });
    const numbers = (await world.inbox.read(runId, 10)).map(({ number }) => number);
    const left = { releases: true, dueAt: 0 };
    await appended(world, append(owned, { taken: numbers.slice(1), seen: numbers[2]!, ...left }));
    const claim = await claimOf(world, session, runId);
    const next = { ...owned, claim };
    const seen = numbers[0]!;
    await appended(world, append(next, { position: 3, seen, releases: true, dueAt: null }));
    same((await world.runs.get(runId))?.dueAt, null, "When it is due");
  }),
];
