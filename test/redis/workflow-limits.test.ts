/** `workflow.concurrency` across processes that are killed: never more at once, and none left behind. */
import type { Run } from "../../lib/api";
import { until } from "../engine/test-app";
import { type RedisServer, startRedisServer } from "./redis-server";
import { WorkerFleet } from "./worker-fleet";

const SOURCE = `
import { getWorkflowMetadata, sleep } from "everstep";
export async function work(label) {
  "use step";
  const { workflowRunId: runId } = getWorkflowMetadata();
  note({ what: label + " began", runId });
  await new Promise((resolve) => setTimeout(resolve, 40));
  note({ what: label + " ended", runId });
  return label;
}
work.maxRetries = 100;
export async function narrow(label) {
  "use workflow";
  await work("first");
  await sleep(30);
  await work("last");
  return label;
}
narrow.concurrency = 3;
`;

let redis: RedisServer;
let fleet: WorkerFleet;

beforeAll(async () => {
  redis = await startRedisServer();
}, 180_000);
beforeEach(async () => {
  const prefix = `limits${performance.now().toFixed()}`;
  fleet = new WorkerFleet(SOURCE, { url: redis.url, prefix, leaseMs: 1_500 });
  await fleet.open();
});
afterEach(() => fleet.close());
afterAll(() => redis.stop());

async function startMany(count: number): Promise<Run[]> {
  const runs: Run[] = [];
  for (let n = 0; n < count; n++) runs.push(await fleet.start("narrow", `run ${n}`));
  return runs;
}

/** The most runs between their first body and the end of their last one, in the order of the notes. */
function mostAtOnce(): number {
  const [begun, over] = [new Set<unknown>(), new Set<unknown>()];
  let most = 0;
  for (const { what, runId } of fleet.notes()) {
    if (what === "first began") begun.add(runId);
    if (what === "last ended") over.add(runId);
    most = Math.max(most, begun.size - over.size);
  }
  return most;
}

const noPermitIsLeft = async () => {
  const { permits } = fleet.world;
  const { workflowId } = fleet.workflow("narrow");
  const [lines, holders] = [await permits!.lines(), await permits!.holders(workflowId, 10)];
  return lines.length === 0 && holders.length === 0;
};

test("three processes have three runs go on at once", async () => {
  await fleet.launch(3);
  const runs = await startMany(24);
  const results = await Promise.all(runs.map((run) => run.returnValue));
  expect(results).toEqual(runs.map((_, n) => `run ${n}`));
  expect(mostAtOnce()).toBe(3);
  await until(noPermitIsLeft);
});

test("runs of processes that are killed keep their permits until they are over", async () => {
  await fleet.launch(3);
  const runs = await startMany(40);
  let isOver = false;
  const all = Promise.all(runs.map((run) => run.returnValue)).then(() => (isOver = true));
  for (let n = 0; n < 3; n++) {
    const before = fleet.notes().length;
    await until(() => isOver || fleet.notes().length > before + 2);
    // The first one is killed long before that.
    if (isOver) break;
    // The process that began with something last.
    const { pid } = fleet.notes().at(-1)!;
    await fleet.workers.find((worker) => worker.pid === pid)!.kill();
    await fleet.launch(1);
  }
  await all;
  expect(mostAtOnce()).toBeLessThanOrEqual(3);
  await until(noPermitIsLeft);
}, 60_000);

test("runs that are cancelled while processes are killed leave no permit behind", async () => {
  await fleet.launch(2);
  const runs = await startMany(12);
  await until(() => fleet.notes().length > 2);
  const cancelled = runs.filter((_, n) => n % 2 === 0);
  await Promise.all(cancelled.map((run) => run.cancel().catch(() => undefined)));
  await fleet.workers[0]!.kill();
  await Promise.all(runs.filter((_, n) => n % 2 === 1).map((run) => run.returnValue));
  await until(noPermitIsLeft);
}, 60_000);
