/**
 * What the core and the middleware promise, with one, two and four processes that execute runs, and one
 * that takes requests and executes nothing (P10).
 */
import { createHash } from "node:crypto";
import { resumeHook } from "../../lib/api";
import { registryRecords } from "../../lib/contract/registry";
import { setWorld } from "../../lib/runtime";
import { expectGoodLog } from "../engine/each-world";
import { SCENARIO_SOURCE, SCENARIOS } from "../engine/scenarios";
import { until } from "../engine/test-app";
import { send } from "../middleware/http-client";
import { MOUNTS, serve, type Serving } from "../middleware/web-app";
import { WEBHOOK_WORKFLOWS } from "../engine/webhook-workflows";
import { isDeep } from "../toolchain/install";
import { type RedisServer, startRedisServer } from "./redis-server";
import { WorkerFleet } from "./worker-fleet";

const STREAMS = `
import { getWritable } from "everstep";
export async function write(name, count) {
  "use step";
  const writer = getWritable().getWriter();
  for (let n = 0; n < count; n++) await writer.write(name + n);
  writer.releaseLock();
  return count;
}
export async function twoWriters(count) {
  "use workflow";
  return Promise.all([write("a", count), write("b", count)]);
}
`;

let server: RedisServer;
let fleet: WorkerFleet;
let web: Serving;

jest.setTimeout(60_000);

beforeAll(async () => {
  server = await startRedisServer();
}, 180_000);
afterAll(() => server.stop());

async function open(source: string, name: string, workers: number): Promise<void> {
  registryRecords().splice(0);
  fleet = new WorkerFleet(source, { url: server.url, prefix: `${name}${workers}` });
  await fleet.open();
  await fleet.launch(workers);
}

const FLEETS = isDeep ? [1, 2, 4] : [2];

describe.each(FLEETS)("runs, with %i worker processes", (workers) => {
  beforeAll(() => open(SCENARIO_SOURCE, "runs", workers));
  afterAll(() => fleet.close());

  test.each(SCENARIOS.map((scenario) => [scenario.workflow, scenario] as const))(
    "%s",
    async (workflow, { expected, payloads = [] }) => {
      const runs = await Promise.all([1, 2, 3].map(() => fleet.start(workflow)));
      for (const { runId } of runs) {
        const token = `talk:${runId}`;
        const isThere = async () => (await fleet.world.hooks.find(token)) !== null;
        if (payloads.length > 0) await until(isThere);
        for (const payload of payloads) await resumeHook(token, payload, { world: fleet.world });
      }
      const ends = await Promise.all(
        runs.map((run) => run.returnValue.catch((error: Error) => (error.cause as Error).message)),
      );
      expect(ends).toEqual([expected, expected, expected]);
      for (const { runId } of runs) await expectGoodLog(fleet, runId);
    },
  );
});

describe.each(FLEETS)("requests, with %i worker processes", (workers) => {
  beforeAll(async () => {
    await open(WEBHOOK_WORKFLOWS, "requests", workers);
    const options = { root: fleet.root, world: fleet.world, log: () => undefined };
    const served = { ...options, worker: false, handlesSignals: false };
    web = await serve(MOUNTS["Express 5 under a prefix"]!, served);
    await web.ready;
    setWorld(fleet.world);
  });
  afterAll(async () => {
    await web.close();
    await fleet.close();
  });

  const opened = (token: string) =>
    until(async () => (await fleet.world.hooks.find(token)) !== null);
  const post = (token: string, body: Uint8Array) =>
    send(`${web.base}/.well-known/workflow/v1/webhook/${token}`, { body });

  test("a webhook is accepted at once, and its body reaches the run", async () => {
    const run = await fleet.start("accepts", "plain");
    await opened("plain");
    expect((await post("plain", Buffer.from("hellö"))).status).toBe(202);
    expect(await run.returnValue).toMatchObject({ method: "POST", text: "hellö" });
  });

  test("an answer from a step reaches the client, byte for byte", async () => {
    const run = await fleet.start("answers", "rich", "rich");
    await opened("rich");
    const body = Buffer.from([...Array(70_000).keys()].map((n) => n % 251));
    const answer = await post("rich", body);
    expect(answer.status).toBe(418);
    const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    expect(digest(answer.bytes)).toBe(digest(Buffer.from(body).reverse()));
    await run.returnValue;
  });

  test("an answer in pieces comes whole", async () => {
    const run = await fleet.start("answers", "pieces", "pieces");
    await opened("pieces");
    expect((await post("pieces", Buffer.from("go"))).bytes).toHaveLength(300_000);
    await run.returnValue;
  });
});

describe.each(FLEETS)("streams, with %i worker processes", (workers) => {
  beforeAll(() => open(STREAMS, "streams", workers));
  afterAll(() => fleet.close());

  test("what steps in other processes write is read in order of each writer", async () => {
    const run = await fleet.start("twoWriters", 300);
    const read: string[] = [];
    for await (const chunk of run.getReadable<string>()) read.push(chunk);
    for (const name of ["a", "b"]) {
      const own = read.filter((chunk) => chunk.startsWith(name));
      expect(own).toEqual(Array.from({ length: 300 }, (_, n) => name + n));
    }
    expect(await run.returnValue).toEqual([300, 300]);
  });
});
