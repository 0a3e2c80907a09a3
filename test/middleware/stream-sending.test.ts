/** Streams over real sockets: every kind of server, clients that go away, clients that are slow. */
import { randomBytes } from "node:crypto";
import http from "node:http";
import { createGunzip } from "node:zlib";
import { until } from "../engine/test-app";
import { eventsOf, FakeRun } from "./stream-fake-run";
import {
  get,
  type Kind,
  KINDS,
  openSocket,
  serveStream,
  type StreamServer,
} from "./stream-servers";

/** All of them on one kind of server; on the others enough to see whether something is left behind. */
const isDeep = Boolean(process.env["EVERSTEP_DEEP"]);
const cyclesOf = (kind: Kind) => (isDeep ? 1_000 : kind === "Express 5" ? 300 : 50);
const AT_ONCE = 50;
const EXPRESS = KINDS.filter((kind) => kind.startsWith("Express"));
const SSE = { accept: "text/event-stream" };

let servers: StreamServer[] = [];
const serve: typeof serveStream = async (...args) => {
  const server = await serveStream(...args);
  servers.push(server);
  return server;
};

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

describe.each(KINDS)("%s", (kind) => {
  test("the stream arrives whole, in each format and below a prefix", async () => {
    const run = new FakeRun().write("zwölf ", { n: 1 }, new Uint8Array([0, 255])).close();
    const { port } = await serve(kind, run);
    const plain = await get(port, "/api/stream");
    expect(plain.body).toEqual(Buffer.from([...Buffer.from('zwölf {"n":1}'), 0, 255]));
    const ndjson = await get(port, "/stream?startIndex=1", { accept: "application/x-ndjson" });
    expect(String(ndjson.body)).toBe('{"n":1}\n{"base64":"AP8="}\n');
    const sse = await get(port, "/api/stream", { ...SSE, "last-event-id": "1" });
    expect(eventsOf(String(sse.body))).toEqual([
      { id: "2", event: "message", data: { base64: "AP8=" } },
      { id: "3-end", event: "end", data: { count: 3 } },
    ]);
  });

  test("what is wrong is answered before anything is sent", async () => {
    const run = new FakeRun().write("a").close();
    const { port, rejections } = await serve(kind, run);
    expect((await get(port, "/stream?startIndex=x")).status).toBe(400);
    const done = await get(port, "/stream", { ...SSE, "last-event-id": "1-end" });
    expect([done.status, done.body.length]).toEqual([204, 0]);
    const head = await get(port, "/stream", SSE, "HEAD");
    expect([head.status, head.headers["content-type"]]).toEqual([
      ...[200, "text/event-stream; charset=utf-8"],
    ]);
    const missing = new FakeRun();
    missing.isMissing = true;
    const { port: other } = await serve(kind, missing);
    expect((await get(other, "/stream")).status).toBe(404);
    expect(rejections).toEqual([]);
    run.getStreamInfo = () => Promise.reject(new Error("away"));
    expect((await get(port, "/stream")).status).toBe(500);
    expect(rejections).toMatchObject([{ message: "away" }]);
  });

  test("SH3: a stream that broke is cut off, and one that ended is not", async () => {
    const { port } = await serve(kind, new FakeRun().write("a").abort(), { format: "ndjson" });
    await expect(get(port, "/stream")).rejects.toThrow(/aborted|hang up/);
    const { port: other } = await serve(kind, new FakeRun().write("a").abort(), { format: "sse" });
    expect(eventsOf(String((await get(other, "/stream")).body))[1]).toMatchObject({
      event: "failed",
    });
  });

  test("a chunk arrives when it is written, and the headers before the first one", async () => {
    const run = new FakeRun();
    const { port } = await serve(kind, run);
    const response = await openResponse(port);
    for (const word of ["one", "two", "three"]) {
      run.write(word);
      await nextEvent(response, word);
    }
    response.destroy();
    await until(() => run.readers === 0);
  });
});

describe.each(KINDS)("%s, and a client that does not do as it should", (kind) => {
  test(`E5: ${cyclesOf(kind)} clients that go away leave no reader, no response and no listener`, async () => {
    // Half of them do not read what is too much for the buffers in between, the others wait.
    const full = new FakeRun().write(...Array.from({ length: 40 }, () => "x".repeat(512 * 1024)));
    const idle = new FakeRun().write("a");
    const servings = [await serve(kind, full), await serve(kind, idle)];
    const cycle = async (index: number) => {
      const { port } = servings[index % 2]!;
      const socket = await openSocket(port);
      await new Promise<void>((resolve) => socket.once("data", () => resolve()));
      socket.pause().destroy();
    };
    for (let done = 0; done < cyclesOf(kind); done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => cycle(index)));
    }
    await until(() => full.readers + idle.readers === 0);
    await until(() => servings.every(({ active }) => active() === 0));
    for (const { server } of servings)
      await until(() => connectionsOf(server).then((n) => n === 0));
  }, 120_000);

  test("G8: a client that does not read stops the reading, and then gets all of it", async () => {
    const size = 256 * 1024;
    const run = new FakeRun().write(...Array.from({ length: 200 }, () => "y".repeat(size))).close();
    const { port } = await serve(kind, run, { format: "plain" });
    const socket = await openSocket(port);
    socket.pause();
    let before = -1;
    while (run.taken !== before) {
      before = run.taken;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // What the buffers of two sockets hold, and not the 50 MB that there are.
    expect(run.taken).toBeLessThan(60);
    let received = 0;
    socket.on("data", (part: Buffer) => (received += part.length));
    socket.resume();
    await until(() => received > 200 * size);
    await until(() => run.readers === 0);
    socket.destroy();
  });
});

describe.each(EXPRESS)("%s with compression()", (kind) => {
  test("E6: SSE arrives chunk by chunk, as it is and compressed", async () => {
    for (const headers of [undefined, { "cache-control": "no-cache" }]) {
      const run = new FakeRun();
      const { port } = await serve(kind, run, { compress: true, ...(headers && { headers }) });
      const response = await openResponse(port, { "accept-encoding": "gzip" });
      expect(response.headers["content-encoding"]).toBe(headers ? "gzip" : undefined);
      const body = headers ? response.pipe(createGunzip()) : response;
      for (const word of ["one", "two", "three"]) {
        run.write(word);
        await nextEvent(body, word);
      }
      run.close();
      await nextEvent(body, "end");
    }
  });

  test("G8: a client that does not read stops the reading behind compression, too", async () => {
    // Text that hardly becomes smaller.
    const noise = Array.from({ length: 100 }, () => randomBytes(192 * 1024).toString("base64"));
    const run = new FakeRun().write(...noise).close();
    const headers = { "cache-control": "no-cache" };
    const { port } = await serve(kind, run, { compress: true, headers, format: "plain" });
    const response = await openResponse(port, { "accept-encoding": "gzip" });
    let before = -1;
    while (run.taken !== before) {
      before = run.taken;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(run.taken).toBeLessThan(60);
    const parts: Buffer[] = [];
    for await (const part of response.pipe(createGunzip())) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(Buffer.from(noise.join("")))).toBe(true);
  });
});

test("E6: the vary header that others have set is kept", async () => {
  const run = new FakeRun().write("a").close();
  const { port } = await serve("Express 5", run, {
    compress: true,
    headers: { "cache-control": "no-cache" },
  });
  const { headers } = await get(port, "/stream", { "accept-encoding": "gzip" });
  expect(headers.vary?.split(", ").sort()).toEqual(["Accept", "Accept-Encoding"]);
});

/** The response when its headers are there. */
function openResponse(
  port: number,
  headers: http.OutgoingHttpHeaders = {},
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { port, path: "/stream", headers: { ...SSE, ...headers }, agent: false };
    http.get(options, resolve).once("error", reject);
  });
}

/** Resolves when the text has come. */
async function nextEvent(body: NodeJS.ReadableStream, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    let seen = "";
    const look = (part: Buffer) => {
      seen += String(part);
      if (!seen.includes(text)) return;
      body.off("data", look);
      resolve();
    };
    body.on("data", look);
  });
}

function connectionsOf(server: http.Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
