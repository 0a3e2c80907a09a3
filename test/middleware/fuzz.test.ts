/** Bad input to every route: no 5xx, no stack in an answer, nothing changed in the world (P11, HE-03). */
import { connect } from "node:net";
import { createWorldAuth } from "../../lib/auth/signed-messages";
import { registryRecords } from "../../lib/contract/registry";
import { createWorkflowHandler } from "../../middleware";
import { until } from "../engine/test-app";
import { seededNumbers } from "../seeded-numbers";
import { MOUNTS, openHook, openWebApp, serve, type Serving, type WebApp } from "./web-app";
import { WEBHOOK_WORKFLOWS } from "./webhook-workflows";

const SEED = Number(process.env["EVERSTEP_SEED"] ?? Date.now() % 100_000);
const COUNT = 2_000;
const ROUTE = "/.well-known/workflow/v1/";
const MAX_BODY_BYTES = 100_000;
/** A webhook that waits, and that nobody must reach by chance. */
const TOKEN = "waits-for-the-right-one";
const SECRET = "of this test";

let app: WebApp;
const serving: Serving[] = [];
let before: unknown;

beforeAll(async () => {
  process.env["WORKFLOW_SECRET"] = SECRET;
  app = openWebApp(WEBHOOK_WORKFLOWS, { maxBodyBytes: MAX_BODY_BYTES });
  for (const name of ["Express 4 at the root", "Express 5 under a prefix", "node:http"]) {
    serving.push(await serve(MOUNTS[name]!, app.options));
  }
  await Promise.all(serving.map(({ ready }) => ready));
  await app.start("receives", TOKEN, 1);
  await openHook(app, TOKEN);
  await until(async () => (await app.world.runs.list({})).data[0]?.status === "running");
  before = await picture();
});

afterAll(async () => {
  for (const each of serving) await each.close();
  await app.close();
  delete process.env["WORKFLOW_SECRET"];
  registryRecords().splice(0);
});

afterEach(async () => {
  expect(await picture()).toEqual(before);
});

/** All that a request could have changed. */
async function picture(): Promise<unknown> {
  const { world } = app;
  const runs = (await world.runs.list({ limit: 1000 })).data;
  const logs = await Promise.all(runs.map(({ runId }) => world.runs.read(runId, 1, 1000)));
  const inboxes = await Promise.all(runs.map(({ runId }) => world.inbox.read(runId, 1000)));
  const streams = await Promise.all(runs.map(({ runId }) => world.streams.list(runId)));
  const { data: hooks } = await world.hooks.list({ limit: 1000 });
  return { runs, logs, inboxes, streams, hooks };
}

interface Answered {
  status: number;
  text: string;
}

/** Bytes on a socket, as no client would send them; null where the server only hangs up. */
function raw(base: string, text: string | Buffer): Promise<Answered | null> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    const settle = () => {
      // Ahead of the answer some hear that they may go on.
      const status = /^(?:HTTP\/1\.1 100 [^]*?\r\n\r\n)?HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
      resolve(status === undefined ? null : { status: Number(status), text: answer });
    };
    socket.setEncoding("latin1");
    socket.on("data", (data) => (answer += String(data)));
    socket.on("error", settle);
    socket.on("close", settle);
    socket.end(text);
  });
}

function message(method: string, target: string, headers: readonly string[], body = ""): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "host: localhost",
    "connection: close",
    ...headers,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
}

function expectHarmless(answer: Answered | null, what: string): void {
  if (!answer) return;
  const { status, text } = answer;
  expect([what, status >= 200 && status < 500]).toEqual([what, true]);
  expect([what, /\n\s+at |node:internal|\.ts:\d/.test(text)]).toEqual([what, false]);
}

const prefixOf = (base: string) => new URL(base).pathname.replace(/\/$/, "");

test("tokens of every length, with NUL and with path tricks", async () => {
  const tokens = [
    ...["", "a", "a".repeat(4096), "a".repeat(1_000_000), "%00", "a%00b", "%", "%zz", "%ff%fe"],
    ...["..%2f..%2fflow", "../flow", "..", "%2e%2e/flow", "./", "//", "a/b/c", "%252e", "\u00e9"],
    ...[`${TOKEN}%00`, `${TOKEN}%20`, TOKEN.toUpperCase(), TOKEN.slice(0, -1), `%2F${TOKEN}`],
    ...["__proto__", "constructor", "*", "' OR 1=1 --", "\ud83d", "{}", `${TOKEN}/x`],
  ];
  for (const { base } of serving) {
    for (const token of tokens) {
      const target = `${prefixOf(base)}${ROUTE}webhook/${token}`;
      const what = token.length > 50 ? `${token.length} characters` : token;
      expectHarmless(await raw(base, message("POST", target, ["content-length: 1"], "x")), what);
    }
  }
});

test("a token of a million characters does not reach the world", async () => {
  const handler = createWorkflowHandler(app.options);
  const long = "a".repeat(1_000_000);
  const response = await handler(
    new Request(`http://x${ROUTE}webhook/${long}`, { method: "POST" }),
  );
  expect(response!.status).toBe(404);
  await handler.close();
});

test("methods of all kinds, on all routes", async () => {
  const methods = [
    ...[
      "GET",
      "HEAD",
      "PUT",
      "PATCH",
      "DELETE",
      "OPTIONS",
      "TRACE",
      "CONNECT",
      "PROPFIND",
      "PURGE",
    ],
    ...["get", "BREW", "POST\u0000"],
  ];
  const routes = ["flow", "step", "health", "manifest.json", "webhook", "webhook/nobody", "x"];
  for (const { base } of serving) {
    for (const method of methods) {
      for (const route of routes) {
        const target = `${prefixOf(base)}${ROUTE}${route}`;
        expectHarmless(await raw(base, message(method, target, [])), `${method} ${route}`);
      }
    }
  }
});

test("a GET that has a body is refused with a sentence", async () => {
  for (const { base } of serving) {
    const target = `${prefixOf(base)}${ROUTE}webhook/${TOKEN}`;
    for (const [header, body] of [
      ["content-length: 3", "abc"],
      ["transfer-encoding: chunked", "3\r\nabc\r\n0\r\n\r\n"],
    ]) {
      const answer = await raw(base, message("GET", target, [header!], body));
      expect([answer?.status, answer?.text]).toEqual([
        400,
        expect.stringContaining("A GET request with a body cannot be taken: send it with POST."),
      ]);
    }
  }
});

test("bodies that are too long are refused, whether they say so or not, and are not delivered", async () => {
  const long = "x".repeat(MAX_BODY_BYTES + 1);
  const chunk = `${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`;
  for (const { base } of serving) {
    const target = `${prefixOf(base)}${ROUTE}webhook/${TOKEN}`;
    const declared = message("POST", target, [`content-length: ${long.length}`], long);
    const chunked = message("POST", target, ["transfer-encoding: chunked"], chunk);
    for (const bytes of [declared, chunked]) expect((await raw(base, bytes))?.status).toBe(413);
  }
});

test("bodies that break off, or never come, are not delivered", async () => {
  for (const { base } of serving) {
    const target = `${prefixOf(base)}${ROUTE}webhook/${TOKEN}`;
    const short = message("POST", target, ["content-length: 1000"], "only this");
    const unfinished = message("POST", target, ["transfer-encoding: chunked"], "5\r\nonly");
    const wrong = message("POST", target, ["transfer-encoding: chunked"], "zz\r\n");
    for (const bytes of [short, unfinished, wrong])
      expectHarmless(await raw(base, bytes), "broken");
  }
});

test("signatures that are forged, and old ones that come again", async () => {
  const body = JSON.stringify({ runId: "wrun_nobody" });
  const now = () => app.world.now();
  const auth = createWorldAuth({ now, secret: () => SECRET });
  for (const { base } of serving) {
    const target = `${prefixOf(base)}${ROUTE}flow`;
    const signed = { method: "POST", path: `${ROUTE}flow`, body: Buffer.from(body) };
    const lines = Object.entries(await auth.sign(signed)).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const length = `content-length: ${body.length}`;
    const good = message("POST", target, [length, ...lines], body);
    const forged = message("POST", target, [length, ...lines.slice(0, -1)], body);
    const twice = message("POST", target, [length, ...lines, ...lines], body);
    const statuses = [forged, twice, good, good].map(
      async (bytes) => (await raw(base, bytes))?.status,
    );
    expect((await Promise.all(statuses)).sort()).toEqual([401, 401, 401, 404]);
  }
});

test(`${COUNT} random requests, seed ${SEED}`, async () => {
  const next = seededNumbers(SEED);
  const pick = <T>(from: readonly T[]): T => from[next(from.length)]!;
  const bytes = (most: number) =>
    Array.from({ length: next(most) }, () => String.fromCharCode(next(256))).join("");
  const readable = (most: number) =>
    Array.from({ length: next(most) }, () => String.fromCharCode(33 + next(94))).join("");
  const text = () => pick([bytes, readable, readable])(40);
  const segment = () =>
    pick([
      ...[() => "flow", () => "step", () => "webhook", () => `webhook/${readable(30)}`],
      ...[
        () => "health",
        () => "manifest.json",
        text,
        () => `webhook/${encodeURIComponent(text())}`,
      ],
    ])();
  const header = () =>
    pick([
      ...[
        () => `content-type: ${readable(30)}`,
        () => `content-encoding: ${pick(["gzip", "br", "x"])}`,
      ],
      ...[
        () => `x-everstep-signature: ${readable(80)}`,
        () => `x-everstep-timestamp: ${next(1e9)}`,
      ],
      ...[
        () => `host: ${readable(20)}`,
        () => `x-forwarded-host: ${text()}`,
        () => `cookie: ${text()}`,
      ],
      ...[
        () => `content-length: ${next(50)}`,
        () => `transfer-encoding: ${pick(["chunked", "x"])}`,
      ],
      ...[() => `expect: ${pick(["100-continue", "x"])}`, () => `${readable(10)}: ${text()}`],
      () => `upgrade: ${readable(5)}`,
    ])();
  const method = () =>
    pick(["GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", readable(6)]);
  const request = (prefix: string) => {
    const query = pick(["", "", "?__health", `?${text()}`]);
    const headers = Array.from({ length: next(5) }, header);
    return message(
      method(),
      prefix + pick([ROUTE, ROUTE, "/"]) + segment() + query,
      headers,
      text(),
    );
  };
  const all = Array.from({ length: COUNT }, (_, index) => {
    const { base } = serving[index % serving.length]!;
    return { base, bytes: request(prefixOf(base)) };
  });
  const statuses = new Set<number | undefined>();
  // Some at once, as strangers come.
  for (let from = 0; from < COUNT; from += 20) {
    const answers = all.slice(from, from + 20).map(async ({ base, bytes }) => {
      const answer = await raw(base, bytes);
      expectHarmless(answer, JSON.stringify(bytes.toString("latin1")));
      statuses.add(answer?.status);
    });
    await Promise.all(answers);
  }
  // It did get as far as our routes.
  for (const status of [200, 400, 401, 404]) expect(statuses).toContain(status);
  expect(app.said.filter((line) => line.includes("failed"))).toEqual([]);
});
