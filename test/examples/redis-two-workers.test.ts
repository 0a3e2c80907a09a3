/** The example with a server, two workers and a Redis: one of the workers is killed in mid-run. */
import { startRedisServer } from "../redis/redis-server";
import { eventsOf } from "../middleware/stream-fake-run";
import { getJson, postJson, ROOT, startExample, untilCompleted } from "./example-server";

const FILE = "examples/redis-two-workers/start.ts";
/** In this order; the third one is under way when its worker is killed. */
const TASKS = ["check", "charge", "pick", "wrap", "label", "hand over", "thank"];

// Installs Redis where it is missing.
beforeAll(async () => (await startRedisServer()).stop(), 180_000);

test("an order whose worker is killed is finished by the other one, and only what ran is done again", async () => {
  const example = await startExample("redis-two-workers", {
    cwd: ROOT,
    command: ["node", "--import", "everstep/register", FILE],
  });
  const shown = await example.untilSaid(/kill -9 \d+\n\s+kill -9 \d+/);
  const workers = [...shown.matchAll(/kill -9 (\d+)/g)].map(([, pid]) => Number(pid));
  const { json } = await postJson(`${example.url}/orders`, { id: "A1" });
  const run = `${example.url}/orders/${String(json["runId"])}`;
  const [, owner] = /worker (\d+): order A1, pick/.exec(await example.untilSaid("order A1, pick"))!;
  expect(workers).toContain(Number(owner));
  process.kill(Number(owner), "SIGKILL");
  await example.untilSaid(`worker.ts ${owner} has ended (SIGKILL)`);

  const { done } = (await untilCompleted(run)) as { done?: unknown };
  const other = workers.find((pid) => pid !== Number(owner))!;
  const expected = TASKS.map((task, n) => ({ task, worker: n < 2 ? Number(owner) : other }));
  expect(done).toEqual(expected);
  const bodies = [...example.said().matchAll(/worker \d+: order A1, ([a-z ]+)/g)];
  const begun = bodies.map(([, task]) => task);
  expect(begun).toEqual(["check", "charge", "pick", ...TASKS.slice(2)]);
  const stream = eventsOf(await (await fetch(`${run}/stream`)).text());
  expect(stream.at(-1)).toMatchObject({ event: "end" });
  await example.stop();
}, 120_000);

test("what is asked in a wrong way is answered with a reason, on a Redis that was there before", async () => {
  const redis = await startRedisServer();
  process.env["WORKFLOW_REDIS_URL"] = redis.url;
  const example = await startExample("redis-two-workers", {
    command: ["node", "--import", "everstep/register", FILE],
  });
  delete process.env["WORKFLOW_REDIS_URL"];
  expect(await example.untilSaid(`Redis is ${redis.url}`)).toContain("Try next");
  expect(await postJson(`${example.url}/orders`, {})).toMatchObject({ status: 400 });
  expect(await getJson(`${example.url}/orders/wrun_0`)).toHaveProperty("error");
  await example.stop();
  await redis.stop();
}, 120_000);
