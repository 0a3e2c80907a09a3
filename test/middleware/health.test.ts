/** Health says whether runs go on: HE-05, P2. */
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { registryRecords } from "../../lib/contract/registry";
import type { World } from "../../lib/contract/world";
import { createWorkflowHandler, type MiddlewareOptions } from "../../middleware";
import { openWebApp, type WebApp } from "./web-app";

const WORKFLOWS = `export async function nothing() { "use workflow"; }`;

let app: WebApp;
const handlers: ReturnType<typeof createWorkflowHandler>[] = [];

beforeEach(() => {
  app = openWebApp(WORKFLOWS);
});

afterEach(async () => {
  for (const each of handlers.splice(0)) await each.close({ graceMs: 0 });
  await app.close();
  registryRecords().splice(0);
});

function open(more: MiddlewareOptions = {}) {
  const handler = createWorkflowHandler({ ...app.options, ...more });
  handlers.push(handler);
  const ask = async () => {
    const response = await handler(new Request("http://x/.well-known/workflow/v1/health"));
    return [response!.status, await response!.json()] as const;
  };
  return { handler, ask };
}

/** The world, where one call of dispatch answers otherwise. */
function changed(world: World, name: keyof World["dispatch"], call: () => Promise<unknown>): World {
  const dispatch = new Proxy(world.dispatch, {
    get(target, key) {
      const member = Reflect.get(target, key) as unknown;
      if (key === name) return call;
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  return { ...world, dispatch };
}

test("green: runs are executed here, and what survives what is said", async () => {
  const { handler, ask } = open();
  await handler.ready;
  expect(await ask()).toEqual([
    200,
    {
      ...{ healthy: true, world: "embedded", isReachable: true, consuming: "here", overdueMs: 0 },
      guarantee: expect.stringContaining("survives a crash"),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    },
  ]);
});

test("red before the runtime has started, and after it was stopped", async () => {
  const { handler, ask } = open();
  expect(await ask()).toMatchObject([
    503,
    { healthy: false, reason: expect.stringContaining("not") },
  ]);
  await handler.ready;
  await handler.close();
  expect(await ask()).toMatchObject([503, { reason: "The runtime was stopped." }]);
});

test("red while the world is closed, or does not answer", async () => {
  let isHanging = false;
  const now = () => (isHanging ? new Promise<number>(() => undefined) : app.world.now());
  const { handler, ask } = open({ world: { ...app.world, now } });
  await handler.ready;
  isHanging = true;
  expect(await ask()).toMatchObject([503, { isReachable: false }]);
  isHanging = false;
  await app.world.close();
  expect(await ask()).toMatchObject([503, { isReachable: false }]);
});

test("red while the world answers and says that it stores nothing more (D4)", async () => {
  let fault: string | null = "Redis has no memory left.";
  const { handler, ask } = open({ world: { ...app.world, check: async () => fault } });
  await handler.ready;
  expect(await ask()).toMatchObject([503, { isReachable: true, reason: fault }]);
  fault = null;
  expect((await ask())[0]).toBe(200);
});

test("red while a run is overdue that nobody takes", async () => {
  let late = 0;
  const world = changed(app.world, "nextDue", async () => (await app.world.now()) - late);
  const { handler, ask } = open({ world });
  await handler.ready;
  late = 9_000;
  expect((await ask())[0]).toBe(200);
  late = 11_000;
  const [status, health] = await ask();
  expect([status, health]).toMatchObject([503, { reason: expect.stringMatching(/due for 11 s/) }]);
  late = 0;
});

test("a process that stands by is green, and says that another one executes", async () => {
  const first = open();
  await first.handler.ready;
  const other = createEmbeddedWorld({ dataDir: path.join(app.root, "data") });
  const second = open({ world: other });
  await second.handler.ready;
  expect(await second.ask()).toMatchObject([200, { consuming: "elsewhere" }]);
  await second.handler.close();
  await other.close();
});

test("a process that only takes requests is green while the world is there", async () => {
  const { handler, ask } = open({ worker: false });
  await handler.ready;
  expect(await ask()).toMatchObject([200, { consuming: "nobody" }]);
  const { runId } = await app.start("nothing");
  expect((await app.world.runs.get(runId))!.status).toBe("pending");
});
