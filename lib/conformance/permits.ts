/** What may go on only so often at once, in all processes together. */
import type { PermitRequest, Permits } from "../contract/permits";
import type { World } from "../contract/world";
import { type Check, check, freshId, openSession, same } from "./check";

/** A world that has none limits what one process does, and no more. */
function permitCheck(
  id: string,
  name: string,
  run: (permits: Permits, world: World) => Promise<void>,
) {
  return check(id, name, async (world) => {
    if (world.permits) await run(world.permits, world);
  });
}

/** For worlds in which several processes execute at once. */
function sharedCheck(id: string, name: string, run: (share: Share, world: World) => Promise<void>) {
  return permitCheck(id, name, async (permits, world) => {
    if (!permits.share) return;
    await run((session, request) => permits.share!(session, request), world);
  });
}

type Share = (session: string, request: PermitRequest) => Promise<number | null>;

/** One session as an engine would use it: each request is the next one. */
class Sharer {
  private turn = 0;

  constructor(
    private readonly share: Share,
    readonly session: string,
    private readonly name: string,
    private readonly limit: number,
  ) {}

  ask(more: { gives?: number; wants?: number } = {}): Promise<number | null> {
    const { session, name, limit } = this;
    return this.share(session, { name, limit, turn: ++this.turn, gives: 0, wants: 0, ...more });
  }

  again(more: { gives?: number; wants?: number }): Promise<number | null> {
    this.turn--;
    return this.ask(more);
  }
}

async function sharers(
  share: Share,
  world: World,
  limit: number,
): Promise<[Sharer, Sharer, Sharer]> {
  const name = freshId("step//");
  const open = async () => new Sharer(share, await openSession(world), name, limit);
  return [await open(), await open(), await open()];
}

export const PERMIT_CHECKS: readonly Check[] = [
  sharedCheck(
    "permit-1",
    "sessions together have as many permits as there are",
    async (share, world) => {
      const [one, other, third] = await sharers(share, world, 3);
      same(await one.ask({ wants: 2 }), 2, "The permits of the first");
      same(await other.ask({ wants: 2 }), 1, "The permits of the second");
      same(await third.ask({ wants: 1 }), 0, "The permits of the third");
      same(await one.ask({ gives: 1 }), 1, "What is left to the first");
      same(
        await other.ask({ wants: 1 }),
        2,
        "The permits of the second, who came before the third",
      );
      same(await one.ask({ gives: 1 }), 0, "What is left to the first");
      same(await third.ask({ wants: 1 }), 1, "The permits of the third");
    },
  ),

  sharedCheck("permit-2", "sessions that wait are served in turn", async (share, world) => {
    const [one, other, third] = await sharers(share, world, 1);
    same(await one.ask({ wants: 1 }), 1, "The permits of the first");
    same(await other.ask({ wants: 2 }), 0, "The permits of the second");
    same(await third.ask({ wants: 1 }), 0, "The permits of the third");
    // Who has had one stands behind those who have waited meanwhile.
    same(await one.ask({ gives: 1, wants: 4 }), 0, "The permits of the first");
    same(await other.ask({ wants: 1 }), 1, "The permits of the second");
    same(await other.ask({ gives: 1, wants: 1 }), 0, "What is left to the second");
    same(await one.ask({ wants: 4 }), 0, "The permits of the first, behind the third");
    same(await third.ask({ wants: 1 }), 1, "The permits of the third");
  }),

  sharedCheck(
    "permit-3",
    "a request that is repeated has no second effect (W8)",
    async (share, world) => {
      const [one, other] = await sharers(share, world, 3);
      same(await one.ask({ wants: 3 }), 3, "The permits");
      same(await one.ask({ gives: 1 }), 2, "What is left");
      same(await one.again({ gives: 1 }), 2, "What is left when it is heard twice");
      same(await other.ask({ wants: 1 }), 1, "The permits of another");
      same(await other.again({ wants: 1 }), 1, "Its permits when it is heard twice");
    },
  ),

  sharedCheck("permit-4", "permits of a session that is over are free", async (share, world) => {
    const [one, other, third] = await sharers(share, world, 2);
    same(await one.ask({ wants: 2 }), 2, "The permits of the first");
    same(await other.ask({ wants: 1 }), 0, "The permits of the second");
    await world.dispatch.closeSession(one.session);
    same(await third.ask({ wants: 2 }), 1, "The permits of the third, who came later");
    same(await other.ask({ wants: 1 }), 1, "The permits of the second");
    same(await one.ask({ wants: 1 }), null, "The answer to a session that is over");
  }),

  permitCheck(
    "line-1",
    "so many runs are let in, and the others stand in line",
    async (permits) => {
      const [name, runs] = [
        freshId("workflow//"),
        Array.from({ length: 4 }, () => freshId("wrun_")),
      ];
      const enter = (n: number) => permits.enter(name, 2, { runId: runs[n]!, position: 1 });
      const leave = async (n: number) =>
        (await permits.leave(name, { runId: runs[n]!, position: 9 })).map(({ runId }) => runId);
      same(
        [await enter(0), await enter(1), await enter(2), await enter(3)],
        [true, true, false, false],
        "Who is in",
      );
      same([await enter(0), await enter(2)], [true, false], "Who is in when they ask again");
      same(
        await permits.standing(name, runs[3]!),
        { limit: 2, ahead: 1 },
        "Where the last one stands",
      );
      same(await permits.standing(name, runs[0]!), null, "Where one stands that is in");
      same((await permits.lines()).includes(name), true, "Whether there is a line");
      same(
        (await permits.holders(name, 10)).sort(),
        [runs[0]!, runs[1]!].sort(),
        "Who has a permit",
      );
      same(await leave(0), [runs[2]], "Who is called");
      same(await leave(0), [runs[2]], "Who is called again until it enters");
      same([await enter(3), await enter(2)], [false, true], "Who is in then");
      same(await leave(1), [runs[3]], "Who is called next");
      same(await enter(3), true, "Whether that one is in");
      for (const n of [2, 3]) same(await leave(n), [], "Who is called in the end");
      same((await permits.lines()).includes(name), false, "Whether there is a line in the end");
    },
  ),

  permitCheck(
    "line-2",
    "who leaves the line is not called, and who was called leaves it to the next",
    async (permits) => {
      const name = freshId("workflow//");
      const [first, second, third, fourth] = Array.from({ length: 4 }, () => ({
        runId: freshId("wrun_"),
        position: 1,
      }));
      for (const run of [first!, second!, third!, fourth!]) await permits.enter(name, 1, run);
      same(await permits.leave(name, second!), [], "Who is called when one in line leaves");
      same(
        (await permits.leave(name, first!)).map(({ runId }) => runId),
        [third!.runId],
        "Who is called",
      );
      same(
        (await permits.leave(name, third!)).map(({ runId }) => runId),
        [fourth!.runId],
        "Who is called instead",
      );
      await permits.leave(name, fourth!);
    },
  ),

  permitCheck("line-3", "a run that is retried is not put out by its last end", async (permits) => {
    const name = freshId("workflow//");
    const runId = freshId("wrun_");
    const other = { runId: freshId("wrun_"), position: 1 };
    await permits.enter(name, 1, { runId, position: 1 });
    same(await permits.enter(name, 1, { runId, position: 11 }), true, "Whether it is in again");
    same(await permits.leave(name, { runId, position: 10 }), [], "Who is called");
    same(await permits.enter(name, 1, other), false, "Whether another is in");
    await permits.leave(name, { runId, position: 10 });
    same(
      (await permits.leave(name, { runId, position: 20 })).length,
      1,
      "How many are called at its end",
    );
    await permits.leave(name, other);
  }),

  permitCheck(
    "line-4",
    "a limit that is raised lets runs in, one that is lowered puts none out",
    async (permits) => {
      const name = freshId("workflow//");
      const runs = Array.from({ length: 5 }, () => ({ runId: freshId("wrun_"), position: 1 }));
      for (const run of runs) await permits.enter(name, 1, run);
      same(await permits.admit(name), [], "Who is called with the limit as it is");
      const called = (await permits.admit(name, 3)).map(({ runId }) => runId);
      same(called, [runs[1]!.runId, runs[2]!.runId], "Who is called with a higher limit");
      same(
        await permits.enter(name, 1, runs[1]!),
        true,
        "Whether one that was called is in with a lower one",
      );
      same(
        (await permits.leave(name, runs[0]!)).map(({ runId }) => runId),
        [runs[2]!.runId],
        "Who is called then",
      );
      same((await permits.admit(name, Infinity)).length, 3, "How many are called without a limit");
      for (const run of runs) await permits.leave(name, run);
      same((await permits.lines()).includes(name), false, "Whether there is a line in the end");
    },
  ),
];
