/**
 * An Express app on a Redis that is away, a replica, full, or silent: health is red and says why, and is
 * green again by itself (L6). Meanwhile routes answer, and runs wait (C14, D4).
 */
import express from "express";
import { Redis } from "ioredis";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { Run, start, type WorkflowReference } from "../../lib/api";
import { freshId } from "../../lib/conformance/check";
import { registryRecords } from "../../lib/contract/registry";
import type { World } from "../../lib/contract/world";
import { setWorld } from "../../lib/runtime";
import { workflowMiddleware } from "../../middleware";
import type { Health } from "../../middleware/health-route";
import { createRedisWorld } from "../../redis-world";
import { loadHost, until } from "../engine/test-app";
import { send } from "../middleware/http-client";
import { listening, stopped } from "../middleware/web-app";
import { tempApp } from "../replay/world";
import { type RedisServer, startRedisServer } from "./redis-server";
import { TcpProxy } from "./tcp-proxy";

const SOURCE = `
export const gate = { opened: null, begun: 0 };
async function add(a, b) { "use step"; return a + b; }
async function passes() { "use step"; gate.begun++; await gate.opened; return 1; }
export async function order(n) { "use workflow"; return add(await add(n, 1), 1); }
export async function held() { "use workflow"; return add(await add(await passes(), 1), 1); }
`;

interface Gate {
  opened: Promise<void> | null;
  begun: number;
}

let server: RedisServer;
let redis: Redis;
let proxy: TcpProxy;
let world: World;
let web: Server;
let middleware: ReturnType<typeof workflowMiddleware>;
let base: string;
let exported: Record<string, unknown>;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
}, 180_000);

beforeEach(async () => {
  proxy = await TcpProxy.open(server.port);
  const root = tempApp({ "workflows/test.ts": SOURCE });
  exported = loadHost(SOURCE, path.join(root, "workflows/test.ts"));
  world = createRedisWorld({ url: proxy.url, prefix: freshId("health_") });
  setWorld(world);
  middleware = workflowMiddleware({ world, root, log: () => undefined, handlesSignals: false });
  web = createServer(openApp() as never);
  base = await listening(web);
  await middleware.ready;
});

afterEach(async () => {
  await redis.config("SET", "maxmemory", "0");
  await redis.call("REPLICAOF", "NO", "ONE");
  proxy.pass();
  await middleware.close({ graceMs: 0 });
  await world.close();
  await stopped(web);
  await proxy.close();
  registryRecords().splice(0);
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** With a route that starts a run, as an app has it. */
function openApp() {
  const app = express();
  app.use(middleware);
  app.post("/:name", async (request, response) => {
    const { runId } = await start(exported[request.params.name] as WorkflowReference, [40]);
    response.json({ runId });
  });
  app.use(((error: { code?: string }, _request, response, _next) => {
    response.status(503).json({ code: error.code });
  }) as express.ErrorRequestHandler);
  return app;
}

async function health(): Promise<{ status: number } & Health> {
  const answer = await send(`${base}/.well-known/workflow/v1/health`, { method: "GET" });
  return { status: answer.status, ...(JSON.parse(answer.text) as Health) };
}

async function post(name: string): Promise<{ status: number; runId?: string; code?: string }> {
  const { status, text } = await send(`${base}/${name}`);
  return { status, ...(JSON.parse(text) as object) };
}

const valueOf = (runId: string) => new Run(runId, world).returnValue;
const isGreen = async () => (await health()).status === 200;

/** Resolves with what it says of it. */
async function red(): Promise<Health> {
  let found: Awaited<ReturnType<typeof health>>;
  await until(async () => (found = await health()).status === 503);
  return found!;
}

/** What was not broken at first is whole again, with the same process and the same world. */
async function expectWhole(): Promise<void> {
  await until(isGreen);
  const { status, runId } = await post("order");
  expect(status).toBe(200);
  expect(await valueOf(runId!)).toBe(42);
}

async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await action();
  return (performance.now() - before) / 1000;
}

const away = { isReachable: false, reason: "The world does not answer." };

test("L6, C14: while Redis is away health is red, and a route that starts a run answers in time", async () => {
  await expectWhole();
  proxy.refuse();
  expect(await red()).toMatchObject(away);
  for (let n = 0; n < 2; n++) {
    const seconds = await secondsOf(async () =>
      expect(await post("order")).toEqual({ status: 503, code: "REDIS_UNREACHABLE" }),
    );
    expect(seconds).toBeLessThan(2);
  }
  proxy.pass();
  await expectWhole();
});

test("L6: while Redis is a replica health is red, and says so", async () => {
  await expectWhole();
  await redis.call("REPLICAOF", "127.0.0.1", "1");
  expect(await redis.config("GET", "replica-read-only")).toEqual(["replica-read-only", "yes"]);
  expect(await red()).toMatchObject({
    reason: expect.stringMatching(/is a replica|does not answer/) as string,
  });
  expect(await post("order")).toEqual({ status: 503, code: "REDIS_UNREACHABLE" });
  await redis.call("REPLICAOF", "NO", "ONE");
  await expectWhole();
});

test("L6, D4: while Redis is full health is red, starts are refused, and runs end afterwards", async () => {
  await expectWhole();
  const gate = exported["gate"] as Gate;
  let open = () => undefined as void;
  gate.opened = new Promise((resolve) => (open = resolve));
  const { runId } = await post("held");
  await until(() => gate.begun === 1);
  await redis.config("SET", "maxmemory", "1mb");
  expect(await red()).toMatchObject({
    isReachable: true,
    reason: "Redis has no memory left: nothing new is stored, and runs wait.",
  });
  expect(await post("order")).toEqual({ status: 503, code: "REDIS_FULL" });
  // Its result comes while nothing can be stored.
  open();
  expect((await red()).reason).toMatch(/no memory left/);
  expect(await new Run(runId!, world).status).toBe("running");
  await redis.config("SET", "maxmemory", "0");
  expect(await valueOf(runId!)).toBe(3);
  expect(gate.begun).toBe(1);
  await expectWhole();
});

test("L6, C2: while nothing comes through to Redis health is red within its own time", async () => {
  await expectWhole();
  proxy.hole();
  const seconds = await secondsOf(async () =>
    expect(await health()).toMatchObject({ status: 503, ...away }),
  );
  expect(seconds).toBeLessThan(3);
  proxy.pass();
  await expectWhole();
});
