/** What the Fetch-style helper answers: where it begins, the formats, and how it ends. */
import { streamResponse } from "../../middleware/stream-response";
import type { StreamResponseOptions } from "../../middleware/stream-source";
import { eventsOf, FakeRun } from "./stream-fake-run";

type Init = { headers?: Record<string, string>; path?: string; method?: string };

function answer(run: FakeRun, init: Init = {}, options: StreamResponseOptions = {}) {
  const { path = "/stream", ...rest } = init;
  return streamResponse(run, { request: new Request(`http://localhost${path}`, rest), ...options });
}

const SSE = { accept: "text/event-stream" };

describe("the format", () => {
  test.each([
    ["text/event-stream", "text/event-stream"],
    ["application/x-ndjson", "application/x-ndjson"],
    ["text/plain, application/x-ndjson;q=0.5", "text/plain"],
    ["text/plain;q=0.2, application/x-ndjson", "application/x-ndjson"],
    ["text/event-stream;q=0, */*", "text/plain"],
    ["image/png", "text/plain"],
    ["", "text/plain"],
  ])("Accept %j gives %s", async (accept, type) => {
    const { headers } = await answer(new FakeRun().close(), { headers: { accept } });
    expect(headers.get("content-type")).toBe(`${type}; charset=utf-8`);
    expect(headers.get("vary")).toBe("Accept");
  });

  test("the option wins, and proxies are told to pass on each chunk", async () => {
    const run = new FakeRun().close();
    const { headers } = await answer(run, { headers: SSE }, { format: "ndjson" });
    expect(Object.fromEntries(headers)).toEqual({
      "cache-control": "no-cache, no-transform",
      "content-type": "application/x-ndjson; charset=utf-8",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
      "x-start-index": "0",
    });
  });

  test("headers can be added and replaced", async () => {
    const given = { "Content-Type": "text/csv", "access-control-allow-origin": "*" };
    const { headers } = await answer(new FakeRun().close(), {}, { headers: given });
    expect(headers.get("content-type")).toBe("text/csv");
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  test("an option that makes no sense is refused, and no reader is left", async () => {
    const run = new FakeRun();
    const wrong: object[] = [{ format: "xml" }, { heartbeatMs: -1 }, { startIndex: 0.5 }];
    for (const options of wrong) {
      const refused = streamResponse(run, options);
      await expect(refused).rejects.toMatchObject({ code: "STREAM_OPTION_INVALID" });
    }
    expect(run.readers).toBe(0);
  });
});

describe("SSE", () => {
  test("SH1: each chunk is an event with its index as id, and the end says so", async () => {
    const run = new FakeRun().write("one\ntwo", { n: 2 }, null, undefined).close();
    const response = await answer(run, { headers: SSE });
    expect(eventsOf(await response.text())).toEqual([
      { id: "0", event: "message", data: "one\ntwo" },
      { id: "1", event: "message", data: { n: 2 } },
      { id: "2", event: "message", data: null },
      { id: "3", event: "message", data: null },
      { id: "4-end", event: "end", data: { count: 4 } },
    ]);
  });

  test("G4: a chunk of a later attempt is announced, once for each attempt of a step", async () => {
    const run = new FakeRun();
    run.add({ value: "a1" }, { value: "b1", stepId: "b" }, { value: "a2", attempt: 2 });
    run.add(
      { value: "b2", stepId: "b" },
      { value: "a3", attempt: 2 },
      { value: "x", stepId: null },
    );
    const response = await answer(run.close(), { headers: SSE });
    const events = eventsOf(await response.text());
    const order = events.map(({ event, data }) => (event === "message" ? data : event));
    expect(order).toEqual(["a1", "b1", "attempt", "a2", "b2", "a3", "x", "end"]);
    expect(events[2]).toEqual({ event: "attempt", data: { stepId: "step-1", attempt: 2 } });
  });

  test.each([
    ["before a chunk of a later attempt it is announced", "0", ["attempt", "second", "third"]],
    ["behind one it is not announced again", "1", ["third"]],
  ])("G4: a client that comes back: %s", async (_title, id, expected) => {
    const run = new FakeRun().write("first");
    run.add({ value: "second", attempt: 2 }, { value: "third", attempt: 2 }).close();
    const response = await answer(run, { headers: { ...SSE, "last-event-id": id } });
    const events = eventsOf(await response.text()).slice(0, -1);
    expect(events.map(({ event, data }) => (event === "message" ? data : event))).toEqual(expected);
  });
});

describe("SSE, to its end", () => {
  test("G7: wherever it is cut off, its client gets the rest: no gap, no chunk twice", async () => {
    const run = new FakeRun().write(...Array.from({ length: 20 }, (_, index) => index)).close();
    const whole = eventsOf(await (await answer(run, { headers: SSE })).text());
    for (const [index, { id }] of whole.slice(0, -1).entries()) {
      const response = await answer(run, { headers: { ...SSE, "last-event-id": id! } });
      expect(response.headers.get("x-start-index")).toBe(String(index + 1));
      expect(eventsOf(await response.text())).toEqual(whole.slice(index + 1));
    }
  });

  test("G7: who has seen the end, or names more than there is, is told to stop with 204", async () => {
    const run = new FakeRun().write("a", "b").close();
    for (const id of ["2-end", "2", "99"]) {
      const response = await answer(run, { headers: { ...SSE, "last-event-id": id } });
      expect([response.status, await response.text()]).toEqual([204, ""]);
    }
    const notTold = await answer(run, { headers: { ...SSE, "last-event-id": "1" } });
    expect(eventsOf(await notTold.text())).toMatchObject([{ event: "end" }]);
    expect(run.readers).toBe(0);
  });

  test("G7: who has seen the end of a run that was retried gets what came behind it", async () => {
    const run = new FakeRun().write("a").close().reopen().write("b").close();
    const response = await answer(run, { headers: { ...SSE, "last-event-id": "1-end" } });
    expect(eventsOf(await response.text())).toMatchObject([
      { id: "1", data: "b" },
      { id: "2-end" },
    ]);
  });

  test("a stream that broke says why in a line, and its client need not come back", async () => {
    const response = await answer(new FakeRun().write("a").abort(), { headers: SSE });
    const failed = {
      ...{ id: "1-end", event: "failed" },
      data: { message: "The stream broke off: no paper" },
    };
    expect(eventsOf(await response.text())).toEqual([
      { id: "0", event: "message", data: "a" },
      failed,
    ]);
    const again = await answer(new FakeRun().write("a").abort(), {
      headers: { ...SSE, "last-event-id": "1-end" },
    });
    expect(again.status).toBe(204);
  });

  test("a world that does not answer cuts the response off, and its client comes back", async () => {
    const response = await answer(new FakeRun().write("a").lose(), { headers: SSE });
    await expect(response.text()).rejects.toThrow();
  });

  test("a chunk that contains itself breaks the stream, and the reader is released", async () => {
    const value: unknown[] = [];
    value.push(value);
    const run = new FakeRun().write("a", value);
    const response = await answer(run, { headers: SSE });
    const message = "Chunk 1 contains itself and cannot be written as JSON";
    expect(eventsOf(await response.text())[1]).toMatchObject({
      event: "failed",
      data: { message },
    });
    expect(run.readers).toBe(0);
  });
});

describe("readers", () => {
  test("a client that waits hears that the stream is alive", async () => {
    const run = new FakeRun().write("a");
    const response = await answer(run, { headers: SSE }, { heartbeatMs: 5 });
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array);
      if (text.endsWith(":\n\n:\n\n")) run.write("b").close();
    }
    expect(text).toMatch(/^retry: 1000\n\nid: 0\ndata: "a"\n\n(:\n\n){2,}id: 1\ndata: "b"\n\n/);
  });
});

describe("where it begins", () => {
  test.each([
    ["?startIndex=3", {}, ["d", "e"], "3"],
    ["?startIndex=-1", {}, ["e"], "4"],
    ["?startIndex=-99", {}, ["a", "b", "c", "d", "e"], "0"],
    ["", { "x-start-index": "4" }, ["e"], "4"],
    ["?startIndex=3", { "x-start-index": "4" }, ["d", "e"], "3"],
    ["?startIndex=3", { ...SSE, "last-event-id": "" }, ["d", "e"], "3"],
    ["?startIndex=1", { ...SSE, "last-event-id": "3" }, ["e"], "4"],
    ["", {}, ["c", "d", "e"], "2"],
  ])("%j with %j", async (query, headers, values, first) => {
    const run = new FakeRun().write("a", "b", "c", "d", "e").close();
    const init = {
      path: `/stream${query}`,
      headers: { accept: "application/x-ndjson", ...headers },
    };
    const response = await answer(run, init, { startIndex: 2 });
    expect(response.headers.get("x-start-index")).toBe(first);
    const text = await response.text();
    const isSse = "last-event-id" in headers;
    const sent = isSse
      ? eventsOf(text).filter(({ event }) => event === "message")
      : text.split("\n").slice(0, -1);
    expect(
      sent.map((one) => (typeof one === "string" ? (JSON.parse(one) as unknown) : one.data)),
    ).toEqual(values);
  });

  test.each([
    ["?startIndex=one", {}],
    ["?startIndex=", {}],
    ["?startIndex=1.5", {}],
    ["?startIndex=9999999999999999", {}],
    ["?startIndex=1e3", {}],
    ["", { "x-start-index": "0x10" }],
    ["", { ...SSE, "last-event-id": "-1" }],
    ["", { ...SSE, "last-event-id": "abc" }],
    ["", { ...SSE, "last-event-id": "1-ended" }],
  ])("%j with %j is refused with 400 and a sentence", async (query, headers) => {
    const run = new FakeRun().write("a");
    const response = await answer(run, { path: `/stream${query}`, headers });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/^[A-Z][^<>]*\.\n$/);
    expect(run.readers).toBe(0);
  });

  test("a run that is not there is 404, and one behind a world that is away rejects", async () => {
    const missing = new FakeRun();
    missing.isMissing = true;
    expect((await answer(missing)).status).toBe(404);
    expect(missing.readers).toBe(0);
    const away = new FakeRun();
    away.getStreamInfo = () => Promise.reject(new Error("away"));
    await expect(answer(away)).rejects.toThrow("away");
  });

  test("HEAD gives the headers, and takes no reader", async () => {
    const run = new FakeRun().write("a");
    const response = await answer(run, { method: "HEAD" });
    expect([response.status, response.body, run.readers]).toEqual([200, null, 0]);
  });
});

describe("values", () => {
  const written = [
    new Uint8Array([0, 255, 10]),
    { file: new Uint8Array([1]).buffer, pair: new Uint16Array([258]) },
    Buffer.from("hi"),
    new Date(0),
    12345678901234567890n,
    new Map([["a", 1]]),
    new Set([1, 2]),
    Object.assign(new TypeError("no"), { code: "E1" }),
    NaN,
    /a+/g,
    new URL("http://localhost/x"),
  ];
  const read = [
    { base64: "AP8K" },
    { file: { base64: "AQ==" }, pair: { base64: "AgE=" } },
    { base64: "aGk=" },
    "1970-01-01T00:00:00.000Z",
    "12345678901234567890",
    [["a", 1]],
    [1, 2],
    { code: "E1", name: "TypeError", message: "no" },
    null,
    "/a+/g",
    "http://localhost/x",
  ];

  test("what JSON lacks becomes the nearest that it has, in NDJSON and SSE alike", async () => {
    const run = () => new FakeRun().write(...written).close();
    const ndjson = await (await answer(run(), {}, { format: "ndjson" })).text();
    expect(
      ndjson
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(read);
    const sse = await (await answer(run(), {}, { format: "sse" })).text();
    expect(
      eventsOf(sse)
        .slice(0, -1)
        .map(({ data }) => data),
    ).toEqual(read);
  });
});

describe("text", () => {
  test("plain: strings and bytes are as they were written, everything else is JSON", async () => {
    const run = new FakeRun().write("a\r\n", new Uint8Array([0, 255]), { n: 1 }, "", 7).close();
    const bytes = await (await answer(run)).arrayBuffer();
    const expected = [Buffer.from("a\r\n"), Buffer.from([0, 255]), Buffer.from('{"n":1}7')];
    expect(Buffer.from(bytes).equals(Buffer.concat(expected))).toBe(true);
  });

  test("G6: characters that are split over chunks arrive whole, as bytes and as strings", async () => {
    const text = "zwölf 🦊 狐";
    const bytes = [...Buffer.from(text)].map((byte) => new Uint8Array([byte]));
    expect(await (await answer(new FakeRun().write(...bytes).close())).text()).toBe(text);
    const halves = text.split("");
    for (const format of ["plain", "ndjson", "sse"] as const) {
      const run = new FakeRun().write(...halves).close();
      const body = await (await answer(run, {}, { format })).text();
      if (format === "plain") expect(body).toBe(text);
      if (format === "ndjson") {
        expect(
          body
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as string)
            .join(""),
        ).toBe(text);
      }
      if (format === "sse") {
        expect(
          eventsOf(body)
            .slice(0, -1)
            .map(({ data }) => data)
            .join(""),
        ).toBe(text);
      }
    }
  });

  test("G6: half a character that nothing follows is replaced, and nothing else", async () => {
    const [half = ""] = "🦊".split("");
    const bytes = new Uint8Array([33]);
    const run = new FakeRun().write(`a${half}`, bytes, half, { n: 1 }, half).close();
    expect(await (await answer(run)).text()).toBe('a\uFFFD!\uFFFD{"n":1}\uFFFD');
  });

  test.each(["ndjson", "plain"] as const)(
    "SH3: a stream that broke does not end as if it were whole: %s",
    async (format) => {
      const response = await answer(new FakeRun().write("a").abort(), {}, { format });
      await expect(response.text()).rejects.toThrow("broke off");
    },
  );
});

describe("readers that are released", () => {
  test("E5: a body that is cancelled releases its reader, while it waits and while it does not", async () => {
    const run = new FakeRun().write("a", "b");
    const idle = await answer(run);
    await idle.body!.cancel();
    const waiting = await answer(run, { path: "/stream?startIndex=2" });
    const reader = waiting.body!.getReader();
    const reading = reader.read();
    await reader.cancel();
    expect((await reading).done).toBe(true);
    expect(run.readers).toBe(0);
  });

  test("E5: a request that is aborted releases the reader as well", async () => {
    const run = new FakeRun().write("a");
    const aborter = new AbortController();
    const request = new Request("http://localhost/stream", { signal: aborter.signal });
    const response = await streamResponse(run, { request });
    const reader = response.body!.getReader();
    await reader.read();
    expect(run.readers).toBe(1);
    const reading = reader.read();
    aborter.abort();
    await expect(reading).rejects.toThrow("aborted");
    expect(run.readers).toBe(0);
  });

  test("G8: nothing is read that nobody has asked for", async () => {
    const run = new FakeRun().write(...Array.from({ length: 100 }, (_, index) => `${index}`));
    const response = await answer(run, {}, { format: "ndjson" });
    const reader = response.body!.getReader();
    await reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.taken).toBe(1);
    await reader.cancel();
  });
});
