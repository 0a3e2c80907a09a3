/** What the engine asks all day takes the same time however many runs there were (J5, P8). */
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { Database } from "../../embedded-world/database";
import { claimRun, complete, createRun } from "../../lib/conformance/check";
import { tempProject } from "../build/temp-project";

/** Every statement that a run's life needs, as SQLite would carry it out. */
async function plansOf(): Promise<[statement: string, plan: string][]> {
  const prepared = new Set<string>();
  const { sql } = Database.prototype;
  const spy = jest.spyOn(Database.prototype, "sql").mockImplementation(function (
    this: Database,
    text: string,
  ) {
    prepared.add(text);
    return sql.call(this, text);
  });
  const dataDir = path.join(tempProject({}), "data");
  const world = createEmbeddedWorld({ dataDir });
  const owned = await claimRun(world);
  await world.inbox.send(owned.runId, { id: "1", body: "hello" });
  await world.inbox.read(owned.runId, 10);
  await world.dispatch.renew(owned.session);
  await world.runs.read(owned.runId, 1, 10);
  await world.hooks.reserve("token", owned.runId, "hook//a:1");
  await world.hooks.find("token");
  await complete(world, owned);
  const other = await claimRun(world, { key: "key" });
  await world.dispatch.release(other.runId, other.claim.fence, { dueAt: null });
  await world.dispatch.nextDue();
  await world.runs.list({ status: "running" });
  await world.runs.list({ workflow: "w" });
  await world.runs.list({ tags: { team: "north", place: "here" } });
  await world.runs.list({ createdFrom: 1, createdBefore: 2 });
  await world.runs.list({ parkedFor: "STEP_NOT_REGISTERED" });
  await world.runs.cancel(await createRun(world));
  await world.followUps.take(1);
  spy.mockRestore();
  await world.close();
  const database = new Database({ dataDir, fsync: false });
  const statements = [...prepared].filter((text) => /^\s*(SELECT|UPDATE|DELETE|INSERT)/.test(text));
  const plans = statements.map((text): [string, string] => {
    const steps = database.sql(`EXPLAIN QUERY PLAN ${text}`).all();
    return [text.replace(/\s+/g, " "), steps.map((row) => String(row["detail"])).join("; ")];
  });
  database.close();
  return plans;
}

test("J5: no statement of a run's life looks at runs that it is not about", async () => {
  const plans = await plansOf();
  expect(plans.length).toBeGreaterThan(25);
  const scans = plans.filter(
    ([statement, plan]) =>
      /\bSCAN (runs|log|inbox|hooks|chunks|run_tags|tagged)\b/.test(plan) &&
      // From one end, and no further than the first.
      !statement.endsWith("ORDER BY number DESC LIMIT 1"),
  );
  expect(scans).toEqual([]);
});
