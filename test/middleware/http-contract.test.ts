/** One HTTP contract, whatever serves it: E2, E4, WH, HE. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { registryRecords } from "../../lib/contract/registry";
import { until } from "../engine/test-app";
import { send, type Sent } from "./http-client";
import {
  MOUNTS,
  openHook,
  openWebApp,
  serve,
  type Serving,
  type WebApp,
  webhookAt,
} from "./web-app";
import { WEBHOOK_WORKFLOWS } from "./webhook-workflows";

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  bytes: Buffer;
}

let app: WebApp;
const serving = new Map<string, Serving>();
let tokens = 0;

beforeAll(async () => {
  app = openWebApp(WEBHOOK_WORKFLOWS, { replyTimeoutMs: 5_000 });
  for (const [name, mount] of Object.entries(MOUNTS)) {
    serving.set(name, await serve(mount, app.options));
  }
  await Promise.all([...serving.values()].map(({ ready }) => ready));
});

afterAll(async () => {
  for (const each of serving.values()) await each.close();
  await app.close();
  registryRecords().splice(0);
});

const MULTIPART = [
  "--boundary7",
  'Content-Disposition: form-data; name="file"; filename="ü.bin"',
  "Content-Type: application/octet-stream",
  "",
  "\u0000\u0001 not text",
  "--boundary7--",
  "",
].join("\r\n");

const LARGE = Buffer.alloc(20 * 1024 * 1024, "everstep, byte for byte. ");

/** E2, WH-18. */
const BODIES: Record<string, Sent> = {
  "JSON with odd spacing": {
    headers: { "content-type": "application/json" },
    body: '{ "a" :1,\n\t"b":"ü" }  ',
  },
  "a form": {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "a=1&b=%20&b=+&c",
  },
  XML: { headers: { "content-type": "text/xml" }, body: '<?xml version="1.0"?>\n<a b="&#252;"/>' },
  "six raw bytes": {
    headers: { "content-type": "application/octet-stream" },
    body: Uint8Array.of(0, 255, 10, 13, 128, 254),
  },
  "no content type": { body: Uint8Array.of(0xc3, 0x28, 0) },
  nothing: { headers: { "content-type": "application/json" } },
  gzip: {
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    body: gzipSync('{"packed":true}'),
  },
  "text that is not UTF-8": {
    headers: { "content-type": "text/plain; charset=latin1" },
    body: Buffer.from("für", "latin1"),
  },
  chunks: { headers: { "content-type": "text/plain" }, body: ["one ", "two ", "thr\u00fc"] },
  multipart: {
    headers: { "content-type": "multipart/form-data; boundary=boundary7" },
    body: MULTIPART,
  },
  "20 MB": { headers: { "content-type": "application/octet-stream" }, body: LARGE },
};

function bytesOf({ body = "" }: Sent): Buffer {
  return Buffer.concat([body].flat().map((piece) => Buffer.from(piece as string)));
}

function digest(bytes: Buffer): string {
  return bytes.length < 1000
    ? bytes.toString("latin1")
    : createHash("sha256").update(bytes).digest("hex");
}

/** How the tests of one server reach it. */
interface Door {
  base(): string;
  route(path: string): string;
  /** Starts a workflow that opens a webhook; gives its address. */
  opened(workflow: string, ...args: unknown[]): Promise<string>;
  /** What came of these requests, sent one after the other. */
  received(requests: readonly Sent[], query?: string): Promise<Seen[]>;
}

describe.each(Object.keys(MOUNTS))("%s", (name) => {
  for (const group of [requests, answers, routes]) group(doorOf(name));
});

function doorOf(name: string): Door {
  const base = () => serving.get(name)!.base;
  const route = (path: string) => `${base()}/.well-known/workflow/v1/${path}`;
  const newToken = () => `${name} ${tokens++}/ü?`;

  async function opened(workflow: string, ...args: unknown[]): Promise<string> {
    const token = newToken();
    await app.start(workflow, token, ...args);
    await openHook(app, token);
    return webhookAt(base(), token);
  }

  async function received(requests: readonly Sent[], query = ""): Promise<Seen[]> {
    const token = newToken();
    const run = await app.start("receives", token, requests.length);
    await openHook(app, token);
    for (const each of requests) {
      const { status, text } = await send(webhookAt(base(), token) + query, each);
      expect([status, text]).toEqual([202, ""]);
    }
    await run.returnValue;
    return (app.exports["seen"] as unknown as Record<string, Seen[]>)[token]!;
  }

  return { base, route, opened, received };
}

function requests({ base, received }: Door): void {
  test("E2, WH-06, WH-18: bodies of every kind arrive byte for byte", async () => {
    const sent = Object.entries(BODIES);
    const seen = await received(sent.map(([, each]) => each));
    const arrived = sent.map(([kind], index) => [kind, digest(seen[index]!.bytes)]);
    expect(arrived).toEqual(sent.map(([kind, each]) => [kind, digest(bytesOf(each))]));
    const encodings = seen.map(({ headers }) => headers["content-encoding"]);
    expect(encodings.filter((each) => each !== undefined)).toEqual(["gzip"]);
  });

  test("WH-05, WH-17: every method arrives, with its address and headers", async () => {
    const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    const headers = { "X-Many": ["a", "b"], "x-odd": "  sp\u00e4t", Cookie: "a=1; b=2" };
    const seen = await received(
      methods.map((method) => ({ method, headers })),
      "?a=1&b=%2F%20&b",
    );
    expect(seen.map(({ method }) => method)).toEqual(methods);
    for (const { url, headers } of seen) {
      expect(url.startsWith(`${base()}/.well-known/workflow/v1/webhook/`)).toBe(true);
      expect(url.endsWith("?a=1&b=%2F%20&b")).toBe(true);
      expect(headers).toMatchObject({ "x-many": "a, b", "x-odd": "sp\u00e4t", cookie: "a=1; b=2" });
    }
  });
}

function answers({ opened }: Door): void {
  test("E4, WH-07, WH-19: a static response goes out as it was made", async () => {
    const headers = [
      ["set-cookie", "a=1; Path=/"],
      ["set-cookie", "b=2"],
      ["content-type", "application/x-own"],
    ];
    const bytes = Uint8Array.of(0, 255, 13, 10);
    const binary = await opened("answers", 3, bytes, { status: 418, statusText: "Short", headers });
    const first = await send(binary);
    expect([first.status, first.bytes, first.headers["content-type"]]).toEqual([
      ...[418, Buffer.from(bytes), "application/x-own"],
    ]);
    expect(first.headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
    const head = await send(binary, { method: "HEAD" });
    expect([head.status, head.text, head.headers["set-cookie"]?.length]).toEqual([418, "", 2]);
    await send(binary);
    const none = await send(await opened("answers", 1, null, { status: 204 }));
    expect([none.status, none.text]).toEqual([204, ""]);
  });

  test("E4, WH-08, WH-09: the answer of a step goes out as it was made", async () => {
    const url = await opened("replies", ["binary", "none", "stream"]);
    const [binary, none, stream] = [await send(url), await send(url), await send(url)];
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect([binary.status, binary.bytes.equals(all), none.status, none.text]).toEqual([
      ...[201, true, 204, ""],
    ]);
    const lines = Array.from({ length: 100 }, (_, index) => `piece ${index}\n`);
    expect([stream.status, stream.text]).toEqual([200, lines.join("")]);
    for (const { headers } of [binary, none, stream]) {
      expect(headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
    }
  });

  test("WH-11, WH-12, HE-03: who gets no answer hears why, in a plain line", async () => {
    const silent = await send(await opened("staysSilent"));
    expect([silent.status, silent.text]).toEqual([502, "Workflow run did not send a response\n"]);
  });
}

function routes({ base, route, opened }: Door): void {
  test("F6, WH-15, WH-16, HE-03: tokens that nobody waits for", async () => {
    const unknown = await send(webhookAt(base(), "nobody"));
    expect([unknown.status, unknown.text]).toEqual([404, ""]);
    const missing = [await send(route("webhook/")), await send(route("webhook"))];
    expect(missing.map(({ status, text }) => [status, text])).toEqual([
      [400, "Missing token\n"],
      [400, "Missing token\n"],
    ]);
    const plainHook = await send(await opened("noWebhook"));
    expect([plainHook.status, plainHook.text]).toEqual([404, ""]);
    const once = await opened("takesOne");
    expect([(await send(once)).status, (await send(once)).status]).toEqual([202, 409]);
    const run = await app.start("takesGenerated");
    let token = "";
    await until(async () => {
      const { data } = await app.world.hooks.list({ runId: run.runId });
      token = data[0]?.token ?? "";
      return token !== "";
    });
    expect((await send(webhookAt(base(), token))).status).toBe(202);
    await run.returnValue;
    const gone = await send(webhookAt(base(), token));
    expect([gone.status, gone.text]).toEqual([410, ""]);
  });

  test("HE-04, HE-05, HE-06: the other routes", async () => {
    const health = await send(route("health"), { method: "GET" });
    expect(health.status).toBe(200);
    expect(JSON.parse(health.text)).toMatchObject({ healthy: true, consuming: "here" });
    for (const path of ["flow", "step"]) {
      const unsigned = await send(route(path), { body: '{"runId":"wrun_1"}' });
      expect(unsigned.status).toBe(401);
      for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
        const { status, headers, text } = await send(route(`${path}?__health`), { method });
        expect([status, headers["access-control-allow-origin"]]).toEqual([
          ...[method === "OPTIONS" ? 204 : 200, "*"],
        ]);
        if (method === "GET")
          expect(JSON.parse(text)).toMatchObject({ healthy: true, endpoint: path });
      }
    }
    const others = ["manifest.json", "unknown", "flow/more", "", "webhook/a/b"];
    for (const path of others)
      expect((await send(route(path), { method: "GET" })).status).toBe(404);
    expect((await send(`${base()}/elsewhere`, { method: "GET" })).status).toBe(404);
  });
}

test("WH-11: a webhook that is not answered in time is a 504", async () => {
  const impatient = await serve(MOUNTS["Express 5 at the root"]!, {
    ...app.options,
    replyTimeoutMs: 50,
  });
  const run = await app.start("keepsWaiting", "late");
  await openHook(app, "late");
  const late = await send(webhookAt(impatient.base, "late"));
  expect([late.status, late.text]).toEqual([504, "No response was sent in time.\n"]);
  expect(await run.status).toBe("running");
  await impatient.close();
});

test("HE-06: the manifest is shown where the app says so", async () => {
  process.env["WORKFLOW_PUBLIC_MANIFEST"] = "1";
  try {
    const { base } = serving.get("node:http")!;
    const { text } = await send(`${base}/.well-known/workflow/v1/manifest.json`, { method: "GET" });
    const { workflows } = JSON.parse(text) as { workflows: { name: string }[] };
    expect(workflows.map(({ name }) => name)).toContain("receives");
  } finally {
    delete process.env["WORKFLOW_PUBLIC_MANIFEST"];
  }
});
