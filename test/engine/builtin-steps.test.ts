/** The steps that everstep brings along, against a server of our own. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { BUILTIN_STEP } from "../../lib/contract/builtin-step";
import { FatalError } from "../../lib/contract/step-error";
import { builtinStep } from "../../lib/engine/builtin-steps";
import { encodeWithBodies } from "../../lib/engine/encode-with-bodies";
import { createHostCodec } from "../../lib/engine/host-codec";
import { hostTypes } from "../../lib/engine/host-types";
import { createRealm } from "../codec/realm";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);
const codec = createHostCodec(hostTypes);
const realm = createRealm();

let server: Server;
let origin: string;
/** Called when the request to a path that is never answered has come. */
let onSilence: () => void = () => undefined;

const ROUTES: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  "/json": (response) => {
    response.writeHead(200, "Fine", { "content-type": "application/json", "x-a": "1" });
    response.end('{"a":1}');
  },
  "/broken": (response) => response.writeHead(500).end("no"),
  "/moved": (response) => response.writeHead(302, { location: "/json" }).end(),
  "/bytes": (response) => response.end(ALL_BYTES),
  "/cookies": (response) => response.writeHead(200, { "set-cookie": ["a=1", "b=2, c"] }).end(),
  "/gzip": (response) => {
    const headers = { "content-encoding": "gzip", "content-type": "text/plain" };
    response.writeHead(200, headers).end(gzipSync("packed ".repeat(1_000)));
  },
  "/nothing": (response) => response.writeHead(204).end(),
  "/cut": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half", () => response.destroy());
  },
  "/silent": () => onSilence(),
  "/endless": (response) => void response.write("a", () => onSilence()),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const route = ROUTES[new URL(request.url!, origin).pathname];
    if (route) route(response, request);
    else echo(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Says what has arrived. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url, headers } = request;
    const body = Buffer.concat(chunks).toString("latin1");
    response.end(JSON.stringify({ method, url, headers, body }));
  });
}

function call(id: string, receiver: unknown, args: unknown[], signal?: AbortSignal) {
  return builtinStep(id, { signal })!(receiver, args);
}

const fetchStep = (args: unknown[], signal?: AbortSignal) =>
  call(BUILTIN_STEP.fetch, undefined, args, signal) as Promise<Response>;

const readBody = (message: unknown, form: unknown) => call(BUILTIN_STEP.readBody, message, [form]);

/** The response as the workflow gets it, and as it comes back for its body to be read. */
async function fetched(...args: unknown[]): Promise<Response> {
  const text = await encodeWithBodies(codec, await fetchStep(args), "step return value");
  return codec.decode(realm.echo(text)) as Response;
}

async function thrownBy(work: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error("It went well");
}

test("C205: a response of JSON can be read, and has its status and its headers", async () => {
  const response = await fetched(`${origin}/json?b=c`);
  const { status, statusText, ok, url, redirected } = response;
  expect({ status, statusText, ok, url, redirected }).toEqual({
    ...{ status: 200, statusText: "Fine", ok: true, url: `${origin}/json?b=c`, redirected: false },
  });
  expect(response.headers.get("x-a")).toBe("1");
  expect(await readBody(response, "json")).toEqual({ a: 1 });
  expect(codec.encode(response, "step arguments")).toContain(String.raw`"{\"a\":1}"`);
});

test("C206: a server that fails has answered", async () => {
  const response = await fetched(`${origin}/broken`);
  expect([response.status, response.ok, await readBody(response, "text")]).toEqual([
    500,
    false,
    "no",
  ]);
});

test("C218: a POST arrives as it was sent", async () => {
  const body = JSON.stringify({ amount: 1 });
  const headers = { "Content-Type": "application/json", "X-Key": "k" };
  const response = await fetched(`${origin}/echo?a=1`, { method: "POST", headers, body });
  expect(await readBody(response, "json")).toMatchObject({
    ...{ method: "POST", url: "/echo?a=1", body },
    headers: { "content-type": "application/json", "x-key": "k" },
  });
});

const PASSED: Record<string, (address: string) => [unknown[], string]> = {
  "a Request": (address) => [[new Request(address, { method: "PUT", body: "in it" })], "in it"],
  "a Request and an init": (address) => [
    [new Request(address, { method: "PUT", body: "in it" }), { method: "PUT", body: "instead" }],
    "instead",
  ],
  "a URL": (address) => [[new URL(address), { method: "PUT", body: new Uint8Array([7]) }], "\x07"],
  Headers: (address) => [
    [address, { method: "PUT", headers: new Headers({ "x-a": "1" }), body: "a" }],
    "a",
  ],
  "a stream": (address) => {
    const { body } = new Response("streamed");
    return [[address, { method: "PUT", body }], "streamed"];
  },
};

test.each(Object.keys(PASSED))("fetch takes %s, as it comes out of stored text", async (name) => {
  const [args, body] = PASSED[name]!(`${origin}/echo`);
  const text = await encodeWithBodies(codec, args, "step arguments");
  const response = await fetched(...(codec.decode(realm.echo(text)) as unknown[]));
  expect(await readBody(response, "json")).toMatchObject({ method: "PUT", body });
});

test("a redirect is followed, and the response says so; or is the answer", async () => {
  const response = await fetched(`${origin}/moved`);
  expect([response.redirected, response.url]).toEqual([true, `${origin}/json`]);
  const manual = await fetched(`${origin}/moved`, { redirect: "manual" });
  expect([manual.status, manual.headers.get("location")]).toEqual([302, "/json"]);
});

test("bytes, cookies, packed texts and nothing at all arrive", async () => {
  const bytes = await readBody(await fetched(`${origin}/bytes`), "bytes");
  expect([...(bytes as Uint8Array)]).toEqual([...ALL_BYTES]);
  expect((await fetched(`${origin}/cookies`)).headers.getSetCookie()).toEqual(["a=1", "b=2, c"]);
  const text = await readBody(await fetched(`${origin}/gzip`), "text");
  expect(text).toBe("packed ".repeat(1_000));
  const nothing = await fetched(`${origin}/nothing`);
  expect([nothing.status, nothing.body, await readBody(nothing, "text")]).toEqual([204, null, ""]);
});

test("fetch is the one that is there when the step runs", async () => {
  const real = globalThis.fetch;
  const calls: unknown[][] = [];
  globalThis.fetch = (...args) => {
    calls.push(args);
    return Promise.resolve(new Response("mocked"));
  };
  try {
    expect(await (await fetchStep(["https://example.test/a", { method: "POST" }])).text()).toBe(
      "mocked",
    );
    expect(calls).toEqual([["https://example.test/a", { method: "POST" }]]);
    const own = new Error("of the mock");
    globalThis.fetch = () => Promise.reject(own);
    expect(await thrownBy(fetchStep(["https://example.test/a"]))).toBe(own);
  } finally {
    globalThis.fetch = real;
  }
});

/** A port that nobody listens at. */
async function refusedPort(): Promise<number> {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return port;
}

test("C207: what never got an answer throws, says where and why, and is no FatalError", async () => {
  const port = await refusedPort();
  const args = [`http://127.0.0.1:${port}/a?token=secret`, { method: "post" }];
  const error = await thrownBy(fetchStep(args));
  const address = `127.0.0.1:${port}`;
  expect(error.message).toBe(`POST http://${address}/a failed: connect ECONNREFUSED ${address}`);
  expect([error.name, error.code, FatalError.is(error)]).toEqual([
    "TypeError",
    "ECONNREFUSED",
    false,
  ]);
  expect(error.cause).toMatchObject({ message: "fetch failed", cause: { code: "ECONNREFUSED" } });
  const local = await thrownBy(fetchStep([`http://localhost:${port}/`]));
  expect(local.message).toMatch(/^GET http:\/\/localhost:\d+\/ failed: connect ECONNREFUSED /);
});

test("a response that breaks off can be fetched again", async () => {
  const response = await fetchStep([`${origin}/cut`]);
  const error = await thrownBy(
    encodeWithBodies(codec, response, "step return value") as Promise<string>,
  );
  expect(error.message).toMatch(/^The content of a Response could not be read: .*UND_ERR_SOCKET/);
  expect(FatalError.is(error)).toBe(false);
});

const NEVER: [unknown[], RegExp][] = [
  [["nonsense"], /^fetch cannot make this request: Failed to parse URL from nonsense$/],
  [[], /^fetch cannot make this request: Failed to parse URL from undefined$/],
  [["ftp://example.test/"], /no way to send a request to an address with "ftp:"$/],
  [["https://a:b@example.test/"], /includes credentials/],
  [["https://example.test/", { method: "TRACE" }], /'TRACE' HTTP method is unsupported/],
  [["https://example.test/", { method: "a b" }], /'a b' is not a valid HTTP method/],
  [["https://example.test/", { body: "a" }], /GET\/HEAD method cannot have body/],
  [["https://example.test/", { headers: { "a b": "c" } }], /invalid header name/],
  [[new Request("https://example.test/"), { redirect: "never" }], /never/],
  [["http://127.0.0.1:6000/"], /^GET http:\/\/127\.0\.0\.1:6000\/ failed: bad port$/],
];

test.each(NEVER)("what can never succeed is not tried again: %j", async (args, message) => {
  const error = await thrownBy(fetchStep(args));
  expect([FatalError.is(error), error.message]).toEqual([true, expect.stringMatching(message)]);
  expect(error.cause).toMatchObject({ name: "TypeError" });
});

test("P3: the attempt's signal ends a request, and the reading of its answer", async () => {
  const controller = new AbortController();
  const reason = new Error("the lease is lost");
  onSilence = () => controller.abort(reason);
  expect(await thrownBy(fetchStep([`${origin}/silent`], controller.signal))).toBe(reason);
  expect(await thrownBy(fetchStep([`${origin}/json`], controller.signal))).toBe(reason);

  const later = new AbortController();
  onSilence = () => undefined;
  const response = await fetchStep([`${origin}/endless`], later.signal);
  const text = encodeWithBodies(codec, response, "step return value", later) as Promise<string>;
  later.abort(reason);
  expect(await thrownBy(text)).toBe(reason);
});

test("the signal is asked for when the body runs, not before", async () => {
  const asked: string[] = [];
  const options = {
    get signal() {
      asked.push("signal");
      return undefined;
    },
  };
  const body = builtinStep(BUILTIN_STEP.fetch, options)!;
  expect(asked).toEqual([]);
  await body(undefined, [`${origin}/nothing`]);
  expect(asked).toEqual(["signal"]);
});

test("a body is read in the form that is asked for", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const message = (body = "a=1") =>
    new Request("https://example.test/", { method: "POST", headers, body });
  expect(await readBody(message(), "text")).toBe("a=1");
  expect(await readBody(message("\ufeff[1]"), "json")).toEqual([1]);
  expect(await readBody(new Response(ALL_BYTES), "arrayBuffer")).toEqual(ALL_BYTES.slice().buffer);
  expect(await readBody(message(), "bytes")).toEqual(new TextEncoder().encode("a=1"));
  expect([...((await readBody(message(), "formData")) as FormData)]).toEqual([["a", "1"]]);
  const blob = (await readBody(message(), "blob")) as Blob;
  expect([blob.type, await blob.text()]).toEqual([headers["content-type"], "a=1"]);
  expect(await readBody(new Response(null), "text")).toBe("");
});

test("each form of a body can be stored", async () => {
  for (const form of ["text", "arrayBuffer", "bytes", "blob"]) {
    const result = await readBody(new Response("a"), form);
    const text = await encodeWithBodies(codec, result, "step return value");
    expect(realm.echo(text)).toBe(text);
  }
  const form = new FormData();
  form.append("file", new File([ALL_BYTES], "a.bin", { type: "image/png" }));
  const result = await readBody(new Response(form), "formData");
  const text = await encodeWithBodies(codec, result, "step return value");
  const file = (codec.decode(realm.echo(text)) as FormData).get("file") as File;
  expect([file.name, file.type, file.size]).toEqual(["a.bin", "image/png", ALL_BYTES.length]);
});

const UNREADABLE: [string, unknown, unknown, RegExp][] = [
  ["text as JSON", new Response("<html>"), "json", /^The body cannot be read as json: Unexpected/],
  ["nothing as JSON", new Response(null), "json", /^The body cannot be read as json: /],
  ["text as a form", new Response("a"), "formData", /^The body cannot be read as formData: /],
  ["a form that nobody knows", new Response("a"), "yaml", /^A body has no form yaml$/],
  ["what has no body", { body: 1 }, "text", /^Only a Request or a Response has a body to read$/],
];

test.each(UNREADABLE)("%s: no other attempt could read it", async (_name, message, form, text) => {
  const error = await thrownBy(readBody(message, form));
  expect([FatalError.is(error), error.message]).toEqual([true, expect.stringMatching(text)]);
});

test("other ids are none of theirs", () => {
  expect(builtinStep("step//./src/order//charge")).toBeUndefined();
  expect(builtinStep("toString")).toBeUndefined();
});
