/** The middleware in Express apps of all kinds: E1, E3, E7, E8, E9, E11. */
import { createHmac } from "node:crypto";
import express5 from "express";
import express4 from "express-4";
import { createServer, type Server } from "node:http";
import { registryRecords } from "../../lib/contract/registry";
import { start, type WorkflowReference } from "../../lib/api";
import { current } from "../../lib/runtime/current";
import { type MiddlewareOptions, startOnce, workflowMiddleware } from "../../middleware";
import { send } from "./http-client";
import { listening, openHook, openWebApp, stopped, type WebApp, webhookAt } from "./web-app";
import { WEBHOOK_WORKFLOWS } from "./webhook-workflows";

type Express = typeof express5;
type App = ReturnType<Express>;
type Middleware = ReturnType<typeof workflowMiddleware>;

let app: WebApp;
const servers: Server[] = [];
const middlewares: Middleware[] = [];

beforeEach(() => {
  app = openWebApp(WEBHOOK_WORKFLOWS);
});

afterEach(async () => {
  for (const each of middlewares.splice(0)) await each.close({ graceMs: 0 });
  for (const each of servers.splice(0)) await stopped(each);
  await app.close();
  registryRecords().splice(0);
});

function middleware(more: MiddlewareOptions = {}): Middleware {
  const made = workflowMiddleware({ ...app.options, ...more });
  middlewares.push(made);
  return made;
}

async function listen(listener: App): Promise<string> {
  const server = createServer(listener as never);
  servers.push(server);
  return listening(server);
}

const reference = (name: string) => app.exports[name] as unknown as WorkflowReference;
const keepsBytes = (req: object, _res: unknown, bytes: Buffer) =>
  void Object.assign(req, { rawBody: bytes });

const EVENT = '{\n  "id":   "evt_1", "amount": 1.50 }';
const JSON_TYPE = { "content-type": "application/json" };
const versions = { "Express 4": express4 as unknown as Express, "Express 5": express5 };

describe.each(Object.entries(versions))("%s", (_name, express) => {
  for (const group of [bodies, addresses, lives, keys]) group(express);
});

async function sendEvent(base: string, headers: Record<string, string> = JSON_TYPE, body = EVENT) {
  const run = await app.start("receives", "stripe", 1);
  await openHook(app, "stripe");
  const answer = await send(webhookAt(base, "stripe"), { headers, body });
  const seen = app.exports["seen"] as unknown as Record<string, { bytes: Buffer }[]>;
  const bytes = answer.status === 202 ? await run.returnValue.then(() => seen["stripe"]) : null;
  return { answer, bytes: bytes?.[0]?.bytes, run };
}

function bodies(express: Express): void {
  test("E1: behind express.json() with `verify` the bytes are exact, and signatures fit", async () => {
    const web = express();
    web.use(express.json({ verify: keepsBytes }));
    web.use(middleware());
    const { bytes } = await sendEvent(await listen(web));
    const sign = (data: string | Buffer) =>
      createHmac("sha256", "whsec").update(data).digest("hex");
    expect(sign(bytes!)).toBe(sign(EVENT));
  });

  test("E1: behind express.raw() the bytes are exact", async () => {
    const web = express();
    web.use(express.raw({ type: "*/*" }));
    web.use(middleware());
    const { bytes } = await sendEvent(await listen(web));
    expect(bytes!.toString()).toBe(EVENT);
  });

  test("E1: behind a parser that kept nothing the request fails with the fix, and nothing is delivered", async () => {
    const web = express();
    web.use(express.json());
    web.use(middleware());
    expect(app.said.join()).toContain("jsonParser() is mounted ahead of workflowMiddleware()");
    const { answer, run } = await sendEvent(await listen(web));
    expect([answer.status, answer.text.split("\n")]).toEqual([
      500,
      [expect.stringContaining("Mount workflowMiddleware() ahead of express.json()"), ""],
    ]);
    expect(answer.text).toContain("WEBHOOK_BODY_PARSED");
    expect(await app.world.inbox.read(run.runId, 10)).toEqual([]);
    expect(await run.status).toBe("running");
  });

  test("E1: bytes that a parser has unpacked are not taken for those that were sent", async () => {
    const web = express();
    web.use(express.json({ verify: keepsBytes, inflate: true }));
    web.use(middleware());
    const { gzipSync } = await import("node:zlib");
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    const packed = gzipSync(EVENT) as unknown as string;
    const { answer } = await sendEvent(await listen(web), headers, packed);
    expect(answer.status).toBe(500);
  });

  test("E1: a parser for other types, or for another path, changes nothing and is not warned of", async () => {
    const web = express();
    web.use("/elsewhere", express.json());
    web.use(middleware());
    web.use(express.json());
    const { bytes } = await sendEvent(await listen(web));
    expect(bytes!.toString()).toBe(EVENT);
    expect(app.said.join()).not.toContain("mounted ahead");
  });

  test("E1: in a Router the first request tells of the parser", async () => {
    const web = express();
    web.use(express.urlencoded({ extended: true }), express.json());
    const router = express.Router();
    router.use(middleware());
    web.use("/hooks", router);
    const { answer } = await sendEvent(`${await listen(web)}/hooks`);
    expect(answer.status).toBe(500);
    expect(app.said.join()).toContain("A body parser is mounted ahead");
  });
}

async function addressOf(): Promise<unknown> {
  const run = await app.start("address", "t/ü");
  return run.returnValue;
}

function addressAt(base: string): [string, string] {
  return [webhookAt(base, "t/ü"), base];
}

function addresses(express: Express): void {
  test("E3, WH-02, HE-09: addresses of webhooks have the prefix, in apps that are mounted too", async () => {
    const web = express();
    const inner = express();
    inner.use("/flows/", middleware());
    web.use("/api", inner);
    const base = await listen(web);
    const port = process.env["PORT"] ?? "3000";
    expect(await addressOf()).toEqual(addressAt(`http://localhost:${port}/api/flows`));
    await send(`${base}/api/flows/anything`, { method: "GET", headers: { host: "evil.example" } });
    const own = new URL(base).port;
    expect(await addressOf()).toEqual(addressAt(`http://localhost:${own}/api/flows`));
  });

  test("E3: in a Router the address has both prefixes once a request has come", async () => {
    const web = express();
    const router = express.Router();
    router.use("/b", middleware());
    web.use("/a", router);
    const base = await listen(web);
    await send(`${base}/a/b/x`, { method: "GET" });
    expect(await addressOf()).toEqual(addressAt(`http://localhost:${new URL(base).port}/a/b`));
  });

  test("E3: behind a proxy that the app trusts, addresses and requests are those of the proxy", async () => {
    const web = express();
    web.set("trust proxy", "loopback");
    web.use("/api", middleware());
    const base = await listen(web);
    const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "shop.example" };
    await send(`${base}/api/x`, { method: "GET", headers: forwarded });
    expect(await addressOf()).toEqual(addressAt("https://shop.example/api"));
    const run = await app.start("receives", "proxied", 1);
    await openHook(app, "proxied");
    await send(webhookAt(`${base}/api`, "proxied"), { headers: forwarded });
    await run.returnValue;
    const seen = app.exports["seen"] as unknown as Record<string, { url: string }[]>;
    expect(seen["proxied"]![0]!.url).toBe(webhookAt("https://shop.example/api", "proxied"));
  });

  test("E3: what strangers say of the host is not believed", async () => {
    const web = express();
    web.use(middleware());
    const base = await listen(web);
    const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "evil.example" };
    await send(`${base}/x`, { method: "GET", headers });
    expect(await addressOf()).toEqual(addressAt(`http://localhost:${new URL(base).port}`));
  });

  test("E3: `url` has the last word", async () => {
    const web = express();
    web.use(middleware({ url: "https://shop.example/base/" }));
    await listen(web);
    expect(await addressOf()).toEqual(addressAt("https://shop.example/base"));
  });
}

function lives(express: Express): void {
  test("what is not ours comes to the app as it was", async () => {
    const web = express();
    web.use("/api", middleware());
    web.use(express.json());
    web.post("/api/echo", (req, res) => {
      const facts = { isApp: req.app === web, base: req.baseUrl, url: req.url, body: req.body };
      res.json(facts);
    });
    const base = await listen(web);
    const { text } = await send(`${base}/api/echo?a=1`, { headers: JSON_TYPE, body: '{"b":2}' });
    expect(JSON.parse(text)).toEqual({
      isApp: true,
      base: "",
      url: "/api/echo?a=1",
      body: { b: 2 },
    });
  });

  test("E7: two in one process have one engine, are warned of, and leave one after the other", async () => {
    const [first, second] = [middleware(), middleware()];
    const web = express();
    web.use("/a", first);
    web.use("/b", second);
    const base = await listen(web);
    await Promise.all([first.ready, second.ready]);
    expect(current().engines.size).toBe(1);
    expect(app.said.filter((line) => line.includes("the two runtimes share that"))).toHaveLength(1);
    await first.close();
    expect(await (await app.start("counts")).returnValue).toBe(1);
    const health = (prefix: string) =>
      send(`${base}/${prefix}/.well-known/workflow/v1/health`, { method: "GET" });
    expect([(await health("a")).status, (await health("b")).status]).toEqual([503, 200]);
  });

  test("E8: what is started before the runtime is ready, and before listen, is executed", async () => {
    const made = middleware();
    const run = await app.start("counts");
    const web = express();
    web.use(made);
    const base = await listen(web);
    expect((await send(webhookAt(base, "nobody"))).status).toBe(404);
    expect(await run.returnValue).toBe(1);
  });

  test("E8, HE-03: a runtime that does not start is said loudly; routes answer 503", async () => {
    const web = express();
    const made = middleware({ bundle: "/nowhere/manifest.json" });
    web.use(made);
    const base = await listen(web);
    await expect(made.ready).rejects.toMatchObject({ code: "BUNDLE_NOT_FOUND" });
    const answers = [
      await send(webhookAt(base, "nobody")),
      await send(`${base}/.well-known/workflow/v1/flow`),
      await send(`${base}/.well-known/workflow/v1/health`, { method: "GET" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(app.said.join()).toContain("Workflows cannot be used: the runtime did not start.");
    for (const { text } of answers) expect(text).not.toContain("nowhere");
  });
}

function keys(express: Express): void {
  test("E11: an Idempotency-Key that comes fifty times at once gives one run, and one answer", async () => {
    const web = express();
    web.use(middleware(), express.json());
    web.post("/orders", (req, res) => {
      const scope = String(req.headers["x-user"] ?? "");
      void startOnce(req, reference("counts"), [req.body] as never, {
        world: app.world,
        scope,
      }).then(
        ({ runId }) => res.status(202).json({ runId }),
        (error: { code: string }) => res.status(422).json({ code: error.code }),
      );
    });
    const base = await listen(web);
    const order = (key: string | null, body = '{"n":1}', user = "a") =>
      send(`${base}/orders`, {
        body,
        headers: { ...JSON_TYPE, "x-user": user, ...(key !== null && { "idempotency-key": key }) },
      });
    const answers = await Promise.all(Array.from({ length: 50 }, () => order("key 1")));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.status).toBe(202);
    expect((await app.world.runs.list({})).data).toHaveLength(1);
    const reused = await order("key 1", '{"n":2}');
    expect([reused.status, reused.text]).toEqual([422, '{"code":"IDEMPOTENCY_KEY_REUSED"}']);
    await order("key 1", '{"n":1}', "b");
    await order("key 2");
    await order(null);
    await order(null);
    expect((await app.world.runs.list({})).data).toHaveLength(5);
  });
}

test("E11: a key can be required, and is read of a Request as well", async () => {
  await middleware().ready;
  const bare = new Request("http://localhost/", { method: "POST" });
  const options = { world: app.world, required: true };
  await expect(startOnce(bare, reference("counts"), [], options)).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_MISSING",
  });
  const keyed = new Request(bare, { headers: { "Idempotency-Key": "k" } });
  const ids = [1, 2].map(
    async () => (await startOnce(keyed, reference("counts"), [], options)).runId,
  );
  expect(new Set(await Promise.all(ids)).size).toBe(1);
});

test("E9: an error of start() in an async route reaches the error handler of Express 5", async () => {
  const web = express5();
  web.use(middleware());
  web.post("/orders", async (_req, res) => {
    const run = await start(reference("counts"), [() => undefined], { world: app.world });
    res.json({ runId: run.runId });
  });
  const handled: unknown[] = [];
  web.use((error: Error, _req: unknown, res: express5.Response, _next: unknown) => {
    handled.push(error);
    res.status(500).end("handled");
  });
  const answer = await send(`${await listen(web)}/orders`);
  expect([answer.status, answer.text]).toEqual([500, "handled"]);
  expect(handled).toMatchObject([{ code: "VALUE_NOT_SERIALIZABLE" }]);
});

test("WH-03, C299: where the app says so, webhooks have generated tokens only, and replays agree", async () => {
  await middleware({ webhookTokens: "generated" }).ready;
  const refused = await app.start("address", "mine");
  await expect(refused.returnValue).rejects.toThrow(
    "`createWebhook()` does not accept a `token` option. Webhook tokens are always randomly generated.",
  );
  const [url] = (await (await app.start("address")).returnValue) as [string];
  expect(url).toMatch(/\/webhook\/hook_wrun_[^/]+$/);
  const [, started] = await app.world.runs.read(refused.runId, 1, 2);
  expect(started!.event).toMatchObject({ type: "run_started", webhookTokens: "generated" });
});
