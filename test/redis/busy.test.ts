/** A Redis that is busy with the script of somebody else, and answers nothing but that (D8). */
import { Redis } from "ioredis";
import { append, claimRun, createRun, freshId, newRun } from "../../lib/conformance/check";
import { registryRecords } from "../../lib/contract/registry";
import { createRedisWorld } from "../../redis-world";
import { Connection } from "../../redis-world/connection";
import { Doorbell } from "../../redis-world/doorbell";
import { openApp, runOf } from "../engine/test-app";
import { until } from "./redis-cluster";
import { type RedisServer, startRedisServer } from "./redis-server";

const SOURCE = `
export const begun = [];
async function add(a, b) { "use step"; begun.push(a); return a + b; }
export async function sums(count) {
  "use workflow";
  let sum = 0;
  for (let n = 0; n < count; n++) sum = await add(n, sum);
  return sum;
}
`;

const BUSY_MS = 600;
/** Where the clock of a script stands still, a number of rounds ends it. */
const SPIN = `
local function now() local t = redis.call("TIME"); return t[1] * 1000 + t[2] / 1000 end
local over, rounds = now() + ARGV[1], 0
while now() < over and rounds < 400000 do rounds = rounds + 1 end
`;

let server: RedisServer;
let redis: Redis;
let other: Redis;

beforeAll(async () => {
  server = await startRedisServer({ settings: { "busy-reply-threshold": 50 } });
  redis = new Redis(server.url);
  other = new Redis(server.url);
}, 180_000);

afterEach(() => void registryRecords().splice(0));

afterAll(async () => {
  redis.disconnect();
  other.disconnect();
  await server.stop();
});

/** Resolves when others are told so; `done` when it is over. */
async function makeBusy(): Promise<{ done: Promise<unknown> }> {
  const done = redis.eval(SPIN, 0, BUSY_MS);
  const isBusy = () =>
    other.ping().then(
      () => false,
      (error: Error) => error.message.startsWith("BUSY"),
    );
  await until(isBusy);
  return { done };
}

test("D8: what is asked of a busy server is done when it is free, and nobody hears of it", async () => {
  const world = createRedisWorld({ url: server.url, prefix: freshId("busy_") });
  await world.start();
  const owned = await claimRun(world);
  const [created, sent] = [freshId("wrun_"), await createRun(world)];
  const { done } = await makeBusy();
  const [creation, appended, stored] = await Promise.all([
    world.runs.create(newRun(created)),
    world.runs.append(append(owned)),
    world.inbox.send(sent, { body: "news" }),
  ]);
  await done;
  expect([creation, appended, stored]).toMatchObject([
    { status: "created" },
    { status: "done" },
    { status: "stored" },
  ]);
  expect(await world.runs.read(owned.runId, 1, 10)).toHaveLength(2);
  await world.close();
});

test("D8: runs go on when a server was busy, and each body has begun once", async () => {
  const openWorld = () => createRedisWorld({ url: server.url, prefix: freshId("busy_") });
  const app = await openApp(SOURCE, { openWorld });
  const values = Promise.all([1, 2, 3, 4].map(() => runOf(app, "sums", 50)));
  for (let n = 0; n < 2; n++) await (await makeBusy()).done;
  expect(await values).toEqual([1225, 1225, 1225, 1225]);
  expect(app.exports["begun"]).toHaveLength(200);
  await app.stop();
});

test("D8: who begins to hear rings while a server is busy hears them when it is free", async () => {
  const connection = new Connection({ url: server.url, isCluster: false });
  await connection.ask((client) => client.ping());
  const heard: string[] = [];
  const hearer = { heard: ({ runId }: { runId: string }) => void heard.push(runId) };
  const doorbell = new Doorbell({ connection, prefix: freshId("busy_"), attempts: 1 }, hearer);
  const { done } = await makeBusy();
  doorbell.hear();
  // Refused, and not the last one that this process rings.
  doorbell.ring({ name: "due", runId: "lost", delayMs: 0 });
  await done;
  await until(() => {
    doorbell.ring({ name: "due", runId: "rung", delayMs: 0 });
    return heard.includes("rung");
  });
  await doorbell.close();
  connection.close();
});

test("D11: a server that refuses the first question of a doorbell does not hold up the process", async () => {
  // The driver says so each time that it connects.
  jest.spyOn(console, "warn").mockImplementation(() => undefined);
  await redis.call("ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-info");
  const url = server.url.replace("//", "//app:pw@");
  const connection = new Connection({ url, isCluster: false });
  await connection.ask((client) => client.ping());
  const hearer = { heard: () => undefined };
  const doorbell = new Doorbell({ connection, prefix: freshId("busy_"), attempts: 1 }, hearer);
  doorbell.hear();
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setTimeout(resolve, 50));
  await doorbell.close();
  connection.close();
});
