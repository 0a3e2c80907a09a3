/** Streams of runs over HTTP, on every world: what a step writes is what a client gets. */
import { Redis } from "ioredis";
import { getRun, resumeHook } from "../../lib/api";
import type { World } from "../../lib/contract/world";
import type { StreamedRun } from "../../middleware/stream-source";
import { describeOnEachWorld, hookOf } from "../engine/each-world";
import { startOf, until } from "../engine/test-app";
import { eventsOf } from "./stream-fake-run";
import { get, KINDS, openSocket, serveStream, type StreamServer } from "./stream-servers";

const READERS = 500;
const GONE = 200;
const AT_ONCE = 50;
const SSE = { accept: "text/event-stream" };

const here = describeOnEachWorld(
  `
  import { createHook, getStepMetadata, getWritable } from "everstep";

  async function write(chunks: readonly unknown[]) {
    "use step";
    const writer = getWritable().getWriter();
    for (const chunk of chunks) await writer.write(chunk);
  }
  async function writeMany(count: number, size: number) {
    "use step";
    const writer = getWritable().getWriter();
    for (let n = 0; n < count; n++) await writer.write(n + "x".repeat(size));
  }
  async function breakOff() {
    "use step";
    await getWritable().abort(new Error("no paper\\nat line 3"));
  }
  async function failOnce() {
    "use step";
    const { attempt } = getStepMetadata();
    await write(["a" + attempt, "b" + attempt]);
    if (attempt === 1) throw new Error("once more");
  }
  failOnce.retryDelay = 1;

  export async function says(chunks: readonly unknown[]) {
    "use workflow";
    await write(chunks);
  }
  export async function saysNothing() {
    "use workflow";
  }
  export async function saysMuch(count: number, size: number) {
    "use workflow";
    await writeMany(count, size);
  }
  export async function retries() {
    "use workflow";
    await write(["before"]);
    await failOnce();
  }
  export async function breaks() {
    "use workflow";
    await write(["a"]);
    await breakOff();
  }
  export async function repeats(token: string) {
    "use workflow";
    await write(["here"]);
    for await (const word of createHook<string>({ token })) {
      if (word === "end") return;
      await write([word]);
    }
  }`,
  [whole, endings, readers],
);

const sse = async (server: StreamServer, headers = {}) =>
  eventsOf(String((await get(server.port, "/stream", { ...SSE, ...headers })).body));

let servers: StreamServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(run: StreamedRun, kind: (typeof KINDS)[number] = "Express 5") {
  const server = await serveStream(kind, run);
  servers = [...servers, server];
  return server;
}

/** The world with a count of those who wait for news of streams. */
function counted(world: World): { world: World; waiting: () => number } {
  let waiting = 0;
  const streams = new Proxy(world.streams, {
    get(target, key) {
      if (key !== "listen") {
        const value = Reflect.get(target, key) as unknown;
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      }
      return (id: string, listener: () => void) => {
        waiting++;
        const stop = target.listen(id, listener);
        return () => (waiting--, stop());
      };
    },
  });
  const own = new Proxy(world, {
    get: (target, key) => (key === "streams" ? streams : Reflect.get(target, key)),
  });
  return { world: own, waiting: () => waiting };
}

function whole(): void {
  test.each(KINDS)("a run that is over is sent as it was written, by %s", async (kind) => {
    const run = await startOf(here.app, "says", ["text", { n: 1 }, Uint8Array.of(0, 255)]);
    const server = await serve(run, kind);
    expect(await sse(server)).toEqual([
      { id: "0", event: "message", data: "text" },
      { id: "1", event: "message", data: { n: 1 } },
      { id: "2", event: "message", data: { base64: "AP8=" } },
      { id: "3-end", event: "end", data: { count: 3 } },
    ]);
    const { body } = await get(server.port, "/stream?startIndex=-2");
    expect(body).toEqual(Buffer.from([...Buffer.from('{"n":1}'), 0, 255]));
  });

  test("G6: bytes and strings that split a character arrive as the text they were", async () => {
    const text = "zwölf 🦊 狐";
    const bytes = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
    for (const chunks of [bytes, text.split("")]) {
      const server = await serve(await startOf(here.app, "says", chunks));
      expect(String((await get(server.port, "/stream")).body)).toBe(text);
    }
  });

  test("G7: a client that is cut off after each chunk gets every chunk once", async () => {
    const run = await startOf(here.app, "saysMuch", 40, 10);
    const server = await serve(run);
    const seen: unknown[] = [];
    let last: string | undefined;
    for (;;) {
      const event = await nextEvent(server.port, last);
      if (event === null || event.event === "end") break;
      seen.push(event.data);
      last = event.id;
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => `${n}${"x".repeat(10)}`));
  });

  test("G4: what a later attempt writes is announced", async () => {
    const server = await serve(await startOf(here.app, "retries"));
    const events = await sse(server);
    expect(events.map(({ event, data }) => (event === "message" ? data : event))).toEqual([
      ...["before", "a1", "b1", "attempt", "a2", "b2", "end"],
    ]);
    expect(events[3]?.data).toEqual({ stepId: expect.any(String), attempt: 2 });
  });
}

function endings(): void {
  test("a run that has written nothing ends, and its client is told to stop", async () => {
    const run = await startOf(here.app, "saysNothing");
    const server = await serve(run);
    expect(await sse(server)).toEqual([{ id: "0-end", event: "end", data: { count: 0 } }]);
    const again = await get(server.port, "/stream", { ...SSE, "last-event-id": "0-end" });
    expect(again.status).toBe(204);
  });

  test("a run that is not there is 404", async () => {
    const run = getRun("wrun_01ARZ3NDEKTSV4RRFFQ69G5FAV", { world: here.app.world });
    expect((await get((await serve(run)).port, "/stream")).status).toBe(404);
  });

  test("a writer that breaks off is told in a line, and its client to stop", async () => {
    const run = await startOf(here.app, "breaks");
    const server = await serve(run);
    const events = await sse(server);
    expect(events).toMatchObject([{ data: "a" }, { event: "failed", id: "1-end" }]);
    expect((events[1]!.data as { message: string }).message).toMatch(/^[^\n]*no paper[^\n]*$/);
    const again = await get(server.port, "/stream", { ...SSE, "last-event-id": "1-end" });
    expect(again.status).toBe(204);
    const ndjson = { accept: "application/x-ndjson" };
    await expect(get(server.port, "/stream", ndjson)).rejects.toThrow(/aborted|hang up/);
  });
}

function readers(): void {
  test(`G5: ${READERS} clients at once get all of it, over the connections that one takes`, async () => {
    const token = `all-${here.app.world.name}`;
    const run = await startOf(here.app, "repeats", token);
    await hookOf(here.app, token);
    const server = await serve(run);
    const one = openStream(server.port);
    await one.first;
    const before = await connectionsToRedis();
    const many = Array.from({ length: READERS }, () => openStream(server.port));
    await Promise.all(many.map(({ first }) => first));
    expect(await connectionsToRedis()).toBe(before);
    for (const word of ["one", "two", "end"]) {
      await resumeHook(token, word, { world: here.app.world });
    }
    for (const text of await Promise.all([one, ...many].map(({ whole }) => whole))) {
      expect(eventsOf(text).map(({ data }) => data)).toEqual(["here", "one", "two", { count: 3 }]);
    }
  }, 60_000);

  test(`E5: ${GONE} clients that go away, idle and backpressured, leave nobody who waits`, async () => {
    const token = `gone-${here.app.world.name}`;
    const idle = await startOf(here.app, "repeats", token);
    const full = await startOf(here.app, "saysMuch", 60, 200_000);
    await full.returnValue;
    await hookOf(here.app, token);
    const { world, waiting } = counted(here.app.world);
    const servings = await Promise.all(
      [idle, full].map(({ runId }) => serve(getRun(runId, { world }))),
    );
    const cycle = async (index: number) => {
      const socket = await openSocket(servings[index % 2]!.port);
      await new Promise<void>((resolve) => socket.once("data", () => resolve()));
      socket.pause().destroy();
    };
    for (let done = 0; done < GONE; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => cycle(index)));
    }
    await until(() => servings.every(({ active }) => active() === 0));
    await until(() => waiting() === 0);
    await resumeHook(token, "end", { world: here.app.world });
    await idle.returnValue;
  }, 120_000);

  test("G8: the writer of a stream does not wait for a client that does not read", async () => {
    const run = await startOf(here.app, "saysMuch", 100, 200_000);
    const server = await serve(run);
    const socket = await openSocket(server.port);
    socket.pause();
    await run.returnValue;
    let text = "";
    socket.on("data", (part: Buffer) => (text = (text + String(part)).slice(-200)));
    socket.resume();
    await until(() => text.includes("event: end"));
    socket.destroy();
  }, 60_000);
}

/** One event, and then the client goes away. Null when it is told to stop. */
async function nextEvent(port: number, last: string | undefined) {
  const headers = { ...SSE, ...(last !== undefined && { "last-event-id": last }) };
  const response = await fetch(`http://localhost:${port}/stream`, { headers });
  if (response.status === 204) return null;
  let text = "";
  // To leave the loop cuts the connection.
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    const [event] = eventsOf(text.slice(0, text.lastIndexOf("\n\n")));
    if (event) return event;
  }
  return null;
}

/** `first` resolves when something has come, `whole` when all has. */
function openStream(port: number): { first: Promise<void>; whole: Promise<string> } {
  let arrived: () => void;
  const first = new Promise<void>((resolve) => (arrived = resolve));
  const read = async () => {
    const socket = await openSocket(port);
    let text = "";
    return new Promise<string>((resolve) => {
      socket.on("data", (part: Buffer) => {
        text += String(part);
        if (text.includes("id: 0\n")) arrived();
        if (!text.includes("event: end")) return;
        socket.destroy();
        // Between the pieces of a chunked answer stand their sizes.
        resolve(text.replace(/\r\n[0-9a-f]+\r\n/g, ""));
      });
    });
  };
  return { first, whole: read() };
}

/** 0 on worlds without any. */
async function connectionsToRedis(): Promise<number> {
  const [, url] = /"url":"([^"]+)"/.exec(here.worldCode()) ?? [];
  if (url === undefined) return 0;
  const client = new Redis(url);
  try {
    const list = String(await client.call("CLIENT", "LIST"));
    return list.trim().split("\n").length;
  } finally {
    client.disconnect();
  }
}
