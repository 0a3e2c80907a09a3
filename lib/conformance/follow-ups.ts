/** What has to happen after an append, and at the end of a run: W1. */
import type { World } from "../contract/world";
import {
  append,
  appended,
  type Check,
  check,
  claimRun,
  complete,
  createRun,
  freshId,
  same,
} from "./check";

export const FOLLOW_UP_CHECKS: readonly Check[] = [
  check("follow-up-1", "what an append asks for is there until it is done (W1)", async (world) => {
    const owned = await claimRun(world);
    const bodies = [freshId("first_"), freshId("second_")];
    await appended(world, append(owned, { followUps: bodies }));
    const taken = await world.followUps.take(1000);
    const own = taken.filter(({ runId }) => runId === owned.runId);
    same(
      own.map(({ body }) => body),
      bodies,
      "The follow-ups",
    );
    const again = await world.followUps.take(1000);
    same(
      again.filter(({ runId }) => runId === owned.runId),
      [],
      "Those taken a second time",
    );
    for (const { id } of taken) await world.followUps.done(id);
  }),

  check("at-end-1", "what is to happen at the end of a run is there at its end", async (world) => {
    for (const ends of ["completed", "cancelled"] as const) {
      const owned = await claimRun(world);
      const { runId } = owned;
      for (const id of ["a", "b", "a"]) {
        const outcome = await world.followUps.atEnd(runId, id, `end ${id}`);
        same(outcome, { status: "kept" }, "The answer");
      }
      same(await takeOf(world, runId), [], "The follow-ups of a run that is not over");
      if (ends === "completed") await complete(world, owned);
      else await world.runs.cancel(runId, ["after the cancel"]);
      const expected =
        ends === "completed" ? ["end a", "end b"] : ["after the cancel", "end a", "end b"];
      same(
        (await takeOf(world, runId)).sort(),
        expected,
        `The follow-ups of a run that was ${ends}`,
      );
    }
  }),

  check(
    "at-end-2",
    "a run that is over, and one that is not there, keep nothing",
    async (world) => {
      const runId = await createRun(world);
      await world.runs.cancel(runId);
      same(await world.followUps.atEnd(runId, "a", "late"), { status: "over" }, "The answer");
      const none = await world.followUps.atEnd("wrun_nobody", "a", "late");
      same(none, { status: "not_found" }, "The answer for no run");
      same(await takeOf(world, runId), [], "The follow-ups");
    },
  ),

  check("listen-4", "who listens hears of follow-ups", async (world) => {
    const runId = await createRun(world);
    await world.followUps.atEnd(runId, "a", "listen-4");
    let stop: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => (stop = world.followUps.listen(() => resolve())));
    await world.runs.cancel(runId);
    await heard;
    stop();
    same(await takeOf(world, runId), ["listen-4"], "The follow-ups");
  }),
];

/** Takes and does all there is; gives the bodies of those of one run. */
async function takeOf(world: World, runId: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const taken = await world.followUps.take(1000);
    for (const each of taken) {
      if (each.runId === runId) bodies.push(each.body);
      await world.followUps.done(each.id);
    }
    if (taken.length === 0) return bodies;
  }
}
