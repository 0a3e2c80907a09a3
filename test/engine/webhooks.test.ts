/** Webhooks without a server: requests in, answers out (WH). */
import { createHash, randomBytes } from "node:crypto";
import { resumeWebhook, type Run } from "../../lib/api";
import { describeOnEachWorld, hookOf } from "./each-world";
import { startOf } from "./test-app";
import { WEBHOOK_WORKFLOWS } from "./webhook-workflows";

const here = describeOnEachWorld(WEBHOOK_WORKFLOWS, [answers, manualAnswers, bodies, refusals]);
const ADDRESS = "https://app.test/.well-known/workflow/v1/webhook/t?a=1&a=2";

let tokens = 0;

/** A run of the workflow that waits for a request, and its token. */
async function waiting(name: string, ...args: unknown[]): Promise<{ run: Run; token: string }> {
  const token = `webhook ${++tokens}`;
  const run = await startOf(here.app, name, token, ...args);
  await hookOf(here.app, token);
  return { run, token };
}

function send(token: string, init: RequestInit = {}, replyTimeoutMs?: number): Promise<Response> {
  const request = new Request(ADDRESS, { method: "POST", duplex: "half", ...init } as RequestInit);
  const options = { world: here.app.world, ...(replyTimeoutMs && { replyTimeoutMs }) };
  return resumeWebhook(token, request, options);
}

const bytesOf = async (response: Response) => [...new Uint8Array(await response.arrayBuffer())];

function answers(): void {
  test("WH-06, WH-17: a request is accepted, and the workflow has all of it", async () => {
    const { run, token } = await waiting("accepts");
    const headers = [
      ["Content-Type", "text/plain"],
      ["X-Many", "1"],
      ["x-many", "2"],
    ] as [string, string][];
    const response = await send(token, { method: "PATCH", headers, body: "hällo\n" });
    expect([response.status, await response.text()]).toEqual([202, ""]);
    expect(await run.returnValue).toEqual({
      ...{ method: "PATCH", url: ADDRESS, text: "hällo\n", type: "text/plain", many: "1, 2" },
    });
  });

  test.each(["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])(
    "WH-05: %s resumes it",
    async (method) => {
      const { run, token } = await waiting("accepts");
      expect((await send(token, { method })).status).toBe(202);
      expect(await run.returnValue).toMatchObject({ method, text: "" });
    },
  );

  test("WH-07: the static answer is the same every time", async () => {
    const { run, token } = await waiting("answersAlike");
    for (let n = 0; n < 2; n++) {
      const response = await send(token);
      const { status, headers } = response;
      const shown = [status, headers.get("x-a"), await response.text()];
      expect(shown).toEqual([402, "1", "pay first"]);
    }
    await run.returnValue;
  });
}

function manualAnswers(): void {
  test("WH-08: a step answers, and the sender has waited for it", async () => {
    const { run, token } = await waiting("answers", "text");
    const response = await send(token, { body: "from outside" });
    expect([response.status, response.statusText]).toEqual([201, "Made"]);
    expect(await response.text()).toBe("from outside");
    await run.returnValue;
  });

  test("WH-10: the first answer stands, and a second one is refused", async () => {
    const { run, token } = await waiting("answers", "twice");
    expect(await (await send(token)).text()).toBe("first");
    expect(await run.returnValue).toEqual([expect.any(String), "WEBHOOK_ANSWERED"]);
  });

  test("a step that has answered and is tried again goes on", async () => {
    const { run, token } = await waiting("answers", "retry");
    expect(await (await send(token)).text()).toBe("attempt 1");
    expect(await run.returnValue).toBe(2);
  });

  test("WH-08: workflow code itself cannot answer", async () => {
    const { token } = await waiting("answers", "here");
    const text = await (await send(token)).text();
    expect(text).toContain("`respondWith()` must be called from within a step function");
  });

  test("E4, WH-17: status, cookies and bytes arrive as they were answered", async () => {
    const { token } = await waiting("answers", "rich");
    const response = await send(token, { body: Uint8Array.of(0, 1, 254, 255) });
    expect(response.status).toBe(418);
    expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
    expect(await bytesOf(response)).toEqual([255, 254, 1, 0]);
  });

  test("C308: a body that comes in pieces arrives whole", async () => {
    const { run, token } = await waiting("answers", "pieces");
    const bytes = await bytesOf(await send(token));
    expect(bytes).toHaveLength(300_000);
    expect([bytes[0], bytes[155_000], bytes.at(-1)]).toEqual([0, 15, 29]);
    await run.returnValue;
  });

  test("WH-12: the sender hears of a run that ends without an answer", async () => {
    const { token } = await waiting("answers", "fail");
    await expect(send(token)).rejects.toMatchObject({ code: "WEBHOOK_NOT_ANSWERED" });
  });

  test("WH-11: the sender does not wait for ever", async () => {
    const { run, token } = await waiting("answers", "never");
    await expect(send(token, {}, 30)).rejects.toMatchObject({ code: "WEBHOOK_TIMEOUT" });
    await run.cancel();
  });

  test("WH-14: each of many requests gets its own answer", async () => {
    const { run, token } = await waiting("answersEach", 20);
    const sent = Array.from({ length: 20 }, (_, n) => send(token, { body: `word ${n}` }));
    const texts = await Promise.all(sent.map(async (response) => (await response).text()));
    texts.forEach((text, n) => expect(text).toMatch(new RegExp(`^\\d+: word ${n}$`)));
    expect(new Set(texts.map((text) => text.split(":")[0])).size).toBe(20);
    expect(await run.returnValue).toBe(20);
  });
}

function bodies(): void {
  test("SR-05, SG-13: a body is read as a step, once for each form, and a clone has it, too", async () => {
    const { run, token } = await waiting("readsAll");
    await send(token, { body: '{"a": [1, 2]}', headers: { "content-type": "application/json" } });
    const text = '{"a": [1, 2]}';
    const [json, used] = [{ a: [1, 2] }, [false, false]];
    expect(await run.returnValue).toEqual({ json, copy: text, used, again: text });
    let steps = 0;
    for await (const { event } of run.events()) if (event.type === "step_created") steps++;
    expect(steps).toBe(2);
  });

  test("SG-13: a form with a file", async () => {
    const { run, token } = await waiting("readsForm");
    const body = new FormData();
    body.set("name", "ada");
    body.set("file", new File([Uint8Array.of(0, 255, 13, 10)], "a.bin"));
    await send(token, { body });
    expect(await run.returnValue).toEqual({ name: "ada", file: "a.bin", bytes: [0, 255, 13, 10] });
  });

  test.each([0, 1, 300_000, 20 * 1024 * 1024])(
    "E2, WH-18: a body of %d bytes arrives as it was sent, for each who reads it",
    async (size) => {
      const { run, token } = await waiting("measures");
      const bytes = randomBytes(size);
      await send(token, { body: new Blob([bytes]).stream() });
      const digest = createHash("sha256").update(bytes).digest("hex");
      expect(await run.returnValue).toEqual([
        { size, digest },
        { size, digest },
      ]);
    },
    30_000,
  );

  test("P1: a request that breaks off is not delivered", async () => {
    const { run, token } = await waiting("measures");
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ < 20) controller.enqueue(new Uint8Array(50_000));
        else controller.error(new Error("the connection was cut"));
      },
    });
    await expect(send(token, { body })).rejects.toThrow("the connection was cut");
    await send(token, { body: "whole" });
    expect(await run.returnValue).toMatchObject([{ size: 5 }, { size: 5 }]);
  });
}

function refusals(): void {
  test("C288, C309: tokens of nobody, and of runs that are over", async () => {
    await expect(send("nobody's")).rejects.toMatchObject({ code: "HOOK_NOT_FOUND" });
    const { run } = await generatedRun();
    const { data } = await here.app.world.hooks.list({ runId: run.runId });
    const { token } = data[0]!;
    expect((await send(token, { method: "GET" })).status).toBe(202);
    expect(await run.returnValue).toBe("GET");
    await expect(send(token)).rejects.toMatchObject({ code: "HOOK_GONE" });
  });

  test("F2: a webhook that takes one request refuses the others", async () => {
    const { run, token } = await waiting("once");
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => send(token)));
    const taken = outcomes.filter(({ status }) => status === "fulfilled");
    expect(taken).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        expect(outcome.reason).toMatchObject({ code: "HOOK_ALREADY_RESUMED" });
      }
    }
    await run.cancel();
  });

  test("WH-13: an answer of another kind is refused where the webhook is made", async () => {
    const run = await startOf(here.app, "badOption");
    expect(await run.returnValue).toContain("Invalid `respondWith` value: later");
  });
}

async function generatedRun(): Promise<{ run: Run }> {
  const run = await startOf(here.app, "generated");
  while ((await here.app.world.hooks.list({ runId: run.runId })).data.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { run };
}
