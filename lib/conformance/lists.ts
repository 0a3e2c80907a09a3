/** What lists of runs show, and in what order. */
import type { RunQuery } from "../contract/run";
import type { World } from "../contract/world";
import { append, appended, type Check, check, claimRun, createRun, freshId, same } from "./check";

export const LIST_CHECKS: readonly Check[] = [
  check("list-1", "lists are paged, newest first or oldest first, and filtered", async (world) => {
    const workflow = freshId("workflow//./list//w");
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.push(await createRun(world, { workflow }));
    same(await idsOf(world, { workflow, isOldestFirst: true }), ids, "The list, oldest first");
    same(await idsOf(world, { workflow }), [...ids].reverse(), "The list, newest first");
    await world.runs.cancel(ids[0]!);
    same(await idsOf(world, { workflow, status: "cancelled" }), [ids[0]], "The cancelled ones");
  }),

  check("list-2", "runs that do not go on by themselves are found by the reason", async (world) => {
    const owned = await claimRun(world);
    const code = freshId("REASON_");
    await appended(world, append(owned, { change: { parked: { code, message: "No step" } } }));
    same(await idsOf(world, { parkedFor: code }), [owned.runId], "The runs that are parked for it");
    await appended(world, append(owned, { position: 3, change: { parked: null } }));
    same(await idsOf(world, { parkedFor: code }), [], "Those that are left");
  }),

  check("list-5", "runs are found by their tags, until they are purged", async (world) => {
    const [team, other] = [freshId("team "), freshId("other ")];
    const tagged = (tags: Record<string, string>) => createRun(world, { tags });
    const plain = await tagged({ team });
    const urgent = await tagged({ team, "is:urgent": "yes" });
    await tagged({ team: other, "is:urgent": "yes" });
    await tagged({ team: `${team}:is`, urgent: "yes" });
    same(await idsOf(world, { tags: { team } }), [urgent, plain], "Those of the team");
    const both = { team, "is:urgent": "yes" };
    same(await idsOf(world, { tags: both }), [urgent], "Those that have two tags");
    same(await idsOf(world, { tags: { team }, status: "running" }), [], "Those that run");
    same(await idsOf(world, { tags: { team: freshId("none") } }), [], "Those of no team");
    await world.runs.cancel(urgent);
    await world.runs.purge(urgent);
    same(await idsOf(world, { tags: { team } }), [plain], "Those that are left");
  }),

  check("list-4", "runs are found by when they were created", async (world) => {
    const workflow = freshId("workflow//./list//w");
    const ids: string[] = [];
    const times: number[] = [];
    for (let n = 0; n < 9; n++) {
      ids.push(await createRun(world, { workflow }));
      times.push((await world.runs.get(ids[n]!))!.createdAt);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const created = (from: number, before = Infinity) =>
      ids.filter((_, n) => times[n]! >= from && times[n]! < before);
    for (const isOldestFirst of [true, false]) {
      const order = (found: string[]) => (isOldestFirst ? found : [...found].reverse());
      const found = (query: RunQuery) => idsOf(world, { workflow, isOldestFirst, ...query });
      const [second, eighth] = [times[1]!, times[7]!];
      const between = { createdFrom: second, createdBefore: eighth };
      same(await found(between), order(created(second, eighth)), "Those between two times");
      same(await found({ createdFrom: second }), order(created(second)), "Those from then on");
      same(await found({ createdBefore: eighth }), order(created(0, eighth)), "Those before");
      same(await found({ createdFrom: times[8]! + 1 }), [], "Those of later");
      same(await found({ createdBefore: times[0]! }), [], "Those of earlier");
    }
  }),
];

/** Of all that there are, by way of several pages. */
async function idsOf(world: World, query: RunQuery): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const from: Pick<RunQuery, "cursor"> = cursor === null ? {} : { cursor };
    const page = await world.runs.list({ limit: 3, ...query, ...from });
    found.push(...page.data.map(({ runId }) => runId));
    ({ cursor } = page as { cursor: string | null });
  } while (cursor !== null);
  return found;
}
