/** Ids and keys that a queue would not take as names of jobs (C10). */
import { registryRecords } from "../../lib/contract/registry";
import {
  getRun,
  resumeHook,
  start,
  type StartOptions,
  type WorkflowReference,
} from "../../lib/api";
import { createRedisWorld } from "../../redis-world";
import { expectGoodLog, hookOf } from "../engine/each-world";
import { openApp, type TestApp } from "../engine/test-app";
import { type RedisServer, startRedisServer } from "./redis-server";

const SOURCE = `
import { createHook, sleep } from "everstep";
let calls = 0;
async function add(a, b) { "use step"; return a + b; }
async function flaky() { "use step"; if (calls++ % 2 === 0) throw new Error("once"); return 1; }
flaky.retryDelay = 5;
export async function order(token) {
  "use workflow";
  const hook = createHook({ token });
  await sleep(300);
  return add(await add(1, await flaky()), await hook);
}
`;

let server: RedisServer;
let app: TestApp;

beforeAll(async () => {
  server = await startRedisServer();
  app = await openApp(SOURCE, {
    openWorld: () => createRedisWorld({ url: server.url, prefix: "a:b:1" }),
  });
}, 180_000);

afterAll(async () => {
  await app.stop();
  await server.stop();
  registryRecords().splice(0);
});

function order(token: string, options: StartOptions) {
  const workflow = app.exports["order"] as unknown as WorkflowReference;
  return start<number>(workflow, [token], { world: app.world, ...options });
}

test.each<[string, string, StartOptions]>([
  ["an id that is a number", "1", { id: "1" }],
  ["an id with zeros ahead", "007", { id: "007" }],
  ["an id like the end of a list", "-1", { id: "-1" }],
  ["a key with colons", "a:b:c", { key: "a:b:c" }],
  ["a key that is a number", "token 1", { key: "1" }],
  ["a key with braces", "{x}:{p0}", { key: "{x}:{p0}" }],
])(
  "C10: %s does for a run with steps, sleeps, retries and a hook",
  async (_what, token, options) => {
    const run = await order(token, options);
    expect(run.runId).toBe(options.id ?? run.runId);
    expect((await order(token, options)).runId).toBe(run.runId);
    await hookOf(app, token);
    await resumeHook(token, 40, { world: app.world });
    expect(await getRun(run.runId, { world: app.world }).returnValue).toBe(42);
    await expectGoodLog(app, run.runId);
  },
);

test("C10: an id with a colon is refused where it is given", async () => {
  await expect(order("refused", { id: "a:b:c" })).rejects.toMatchObject({
    code: "START_OPTION_INVALID",
  });
});
