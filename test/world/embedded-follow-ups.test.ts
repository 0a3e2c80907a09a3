/** What follows the end of a run happens, whatever is lost on the way (P2, W8). */
import { createMemoryWorld } from "../../embedded-world/memory-world";
import { append, appended, claimRun } from "../../lib/conformance/check";

test("P2, W8: one that is done, and then done again, leaves alone what came in between", async () => {
  const world = createMemoryWorld("follow-ups", () => 100_000);
  const [first, second] = [await claimRun(world), await claimRun(world)];
  await appended(world, append(first, { followUps: ["first"] }));
  const [taken] = await world.followUps.take(10);
  await world.followUps.done(taken!.id);
  await appended(world, append(second, { followUps: ["second"] }));
  await world.followUps.done(taken!.id);
  expect((await world.followUps.take(10)).map(({ body }) => body)).toEqual(["second"]);
  await world.close();
});
