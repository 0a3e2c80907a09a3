/** Messages between processes: HE-01, HE-02, HE-04, P11. */
import { createWorldAuth } from "../../lib/auth/signed-messages";
import { start, type WorkflowReference } from "../../lib/api";
import { registryRecords } from "../../lib/contract/registry";
import type { World } from "../../lib/contract/world";
import { sendMessage } from "../../lib/auth/send-message";
import { send } from "./http-client";
import { MOUNTS, openWebApp, serve, type Serving, type WebApp } from "./web-app";
import { WEBHOOK_WORKFLOWS } from "./webhook-workflows";

const SECRET = "a secret of all processes of this app";
const ROUTE = "/.well-known/workflow/v1/";

let app: WebApp;
let worker: Serving;
let webOnly: Serving;
/** Runs that the engine claimed by name. */
const named: string[] = [];

function watched(world: World): World {
  const dispatch = new Proxy(world.dispatch, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      if (name !== "claim") return member.bind(target) as unknown;
      return (...args: Parameters<typeof target.claim>) => {
        named.push(...(args[3] ?? []));
        return target.claim(...args);
      };
    },
  });
  return { ...world, dispatch };
}

beforeAll(async () => {
  app = openWebApp(WEBHOOK_WORKFLOWS);
  const options = { ...app.options, world: watched(app.world) };
  worker = await serve(MOUNTS["Express 5 under a prefix"]!, options);
  webOnly = await serve(MOUNTS["node:http"]!, { ...app.options, worker: false });
  await Promise.all([worker.ready, webOnly.ready]);
});

beforeEach(() => {
  process.env["WORKFLOW_SECRET"] = SECRET;
  named.splice(0);
});

afterAll(async () => {
  delete process.env["WORKFLOW_SECRET"];
  await worker.close();
  await webOnly.close();
  await app.close();
  registryRecords().splice(0);
});

const bodyOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** As a process of the app would sign it, with what is said otherwise. */
async function signed(
  body: Uint8Array,
  { secret = SECRET, at = 0, path = `${ROUTE}flow`, method = "POST" } = {},
): Promise<Record<string, string>> {
  const now = async () => (await app.world.now()) + at;
  return createWorldAuth({ now, secret: () => secret }).sign({ method, path, body });
}

async function statusOf(body: Uint8Array, headers: Record<string, string>, route = "flow") {
  return (await send(`${worker.base}${ROUTE}${route}`, { body, headers })).status;
}

test("HE-01: a signed message has this process claim the run by name, and tells what became of it", async () => {
  const run = await app.start("counts");
  const response = await sendMessage(app.world, worker.base, "flow", { runId: run.runId });
  expect([response.status, await response.json()]).toEqual([
    200,
    { runId: run.runId, status: "completed", state: "over" },
  ]);
  const waiting = await app.start("noWebhook", "messages");
  const rested = await sendMessage(app.world, worker.base, "flow", { runId: waiting.runId });
  expect(await rested.json()).toEqual({
    ...{ runId: waiting.runId, status: "running", state: "at_rest" },
  });
  await sendMessage(app.world, worker.base, "flow", { runId: waiting.runId });
  expect(named).toContain(waiting.runId);
});

test("HE-01: a run that is not to begin yet does not begin because of a message", async () => {
  const workflow = app.exports["counts"] as unknown as WorkflowReference;
  const run = await start(workflow, [], { world: app.world, delay: "1 day" });
  const response = await sendMessage(app.world, worker.base, "flow", { runId: run.runId });
  expect(await response.json()).toMatchObject({ status: "pending", state: "at_rest" });
  expect(named).toEqual([]);
});

test("HE-02: a message about a step is answered when the run is at rest; an unknown call is a 404", async () => {
  const run = await app.start("counts");
  await run.returnValue;
  const call = "step//./workflows/test//count:1";
  const known = await sendMessage(app.world, worker.base, "step", { runId: run.runId, call });
  expect([known.status, await known.json()]).toMatchObject([200, { status: "completed" }]);
  const statuses = await Promise.all(
    [
      { runId: run.runId, call: "step//./workflows/test//count:2" },
      { runId: "wrun_nobody", call },
    ].map(async (message) => (await sendMessage(app.world, worker.base, "step", message)).status),
  );
  expect(statuses).toEqual([404, 404]);
});

test("HE-04, P11: what is not signed, or not by us, gets 401 and does nothing", async () => {
  const run = await app.start("noWebhook", "strangers");
  await sendMessage(app.world, worker.base, "flow", { runId: run.runId });
  named.splice(0);
  const body = bodyOf({ runId: run.runId });
  const good = await signed(body);
  const forged = { ...good, "x-everstep-signature": "0".repeat(64) };
  const short = { ...good, "x-everstep-signature": "00" };
  const later = {
    ...good,
    "x-everstep-timestamp": String(Number(good["x-everstep-timestamp"]) + 1),
  };
  const attempts: [string, Uint8Array, Record<string, string>, string?][] = [
    ["nothing", body, {}],
    ["a forged signature", body, forged],
    ["no signature to speak of", body, short],
    ["another time", body, later],
    ["another number", body, { ...good, "x-everstep-nonce": "A".repeat(22) }],
    ["another version", body, { ...good, "x-everstep-version": "2" }],
    ["another body", bodyOf({ runId: "other" }), good],
    ["another route", body, good, "step"],
    ["another secret", body, await signed(body, { secret: "guessed" })],
    ["six minutes ago", body, await signed(body, { at: -360_000 })],
    ["six minutes ahead", body, await signed(body, { at: 360_000 })],
    ["another method", body, await signed(body, { method: "GET" })],
    ["a long body", Buffer.alloc(1_000_000, " "), good],
    ["garbage", body, { "x-everstep-signature": "\u00ff", "x-everstep-nonce": "" }],
  ];
  for (const [what, sent, headers, route] of attempts) {
    expect([what, await statusOf(sent, headers, route)]).toEqual([what, 401]);
  }
  expect(named).toEqual([]);
});

test("HE-04: a message that was believed is not believed a second time", async () => {
  const run = await app.start("noWebhook", "replayed");
  const body = bodyOf({ runId: run.runId });
  const headers = await signed(body);
  expect([await statusOf(body, headers), await statusOf(body, headers)]).toEqual([200, 401]);
  const together = await signed(body);
  const answers = await Promise.all(Array.from({ length: 20 }, () => statusOf(body, together)));
  expect(answers.filter((status) => status === 200)).toHaveLength(1);
});

test("HE-04: without a secret the routes are closed, and nothing is sent", async () => {
  const body = bodyOf({ runId: "wrun_1" });
  const headers = await signed(body, { secret: "undefined" });
  delete process.env["WORKFLOW_SECRET"];
  expect(await statusOf(body, headers)).toBe(401);
  await expect(
    sendMessage(app.world, worker.base, "flow", { runId: "wrun_1" }),
  ).rejects.toMatchObject({ code: "SECRET_MISSING" });
  process.env["WORKFLOW_SECRET"] = "";
  expect(await statusOf(body, await signed(body, { secret: "x" }))).toBe(401);
});

test("HE-04: a signed message that makes no sense is a 400, and one to a process without a worker a 503", async () => {
  for (const text of ["", "null", "[]", '{"runId":1}', "{", '{"runId":""}']) {
    const body = new TextEncoder().encode(text);
    expect([text, await statusOf(body, await signed(body))]).toEqual([text, 400]);
  }
  const run = await app.start("counts");
  const refused = await sendMessage(app.world, webOnly.base, "flow", { runId: run.runId });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
});
