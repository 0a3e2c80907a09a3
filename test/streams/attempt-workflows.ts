/** The app of the tests about streams of attempts. */
export const ATTEMPT_WORKFLOWS = `
  import { createHook, createWebhook, getStepMetadata, getWritable, sleep } from "everstep";
  const given = globalThis.attempts;

  async function writeUnawaited(count, size) {
    "use step";
    const writer = getWritable().getWriter();
    for (let n = 0; n < count; n++) void writer.write(n + "x".repeat(size));
  }
  async function writeBlobs(count) {
    "use step";
    const writer = getWritable().getWriter();
    for (let n = 0; n < count; n++) void writer.write(new Blob(["b" + n]));
  }
  async function answerUnawaited(request) {
    "use step";
    void request.respondWith(new Response("hello"));
  }
  async function tick() {
    "use step";
    const writer = getWritable().getWriter();
    const timer = setInterval(() => void writer.write("tick"), 3);
    setTimeout(() => clearInterval(timer), 1_000);
    await writer.write("first");
    return "returned";
  }
  async function closeThenFail() {
    "use step";
    const { attempt } = getStepMetadata();
    const writer = getWritable().getWriter();
    await writer.write("a");
    await writer.close();
    if (attempt === 1) throw new Error("once more");
    return attempt;
  }
  closeThenFail.backoff = 1;
  async function writeHandle(readable) {
    "use step";
    const writer = getWritable().getWriter();
    await writer.write({ readable });
    await writer.write("behind");
  }
  async function collect(readable) {
    "use step";
    const all = [];
    for await (const chunk of readable) all.push(chunk);
    return all;
  }
  async function readOther(runId, namespace) {
    "use step";
    const all = [];
    for await (const chunk of given.runOf(runId).getReadable({ namespace })) all.push(chunk);
    return all;
  }
  async function writeNamed(namespace) {
    "use step";
    const writer = getWritable({ namespace }).getWriter();
    await writer.write("one");
    await writer.close();
  }
  async function writeTo(writable) {
    "use step";
    const writer = writable.getWriter();
    await writer.write("one");
    await writer.close();
  }
  async function startChild() {
    "use step";
    const { attempt } = getStepMetadata();
    const { readable, writable } = new TransformStream();
    await given.startChild(writable);
    if (attempt === 1) throw new Error("once more");
    const all = [];
    for await (const chunk of readable) all.push(chunk);
    return all;
  }
  startChild.backoff = 1;
  async function answerOnce(request, how) {
    "use step";
    if (how === "error") await request.respondWith(Response.error());
    if (how === "used") {
      const response = new Response("some text");
      await response.text();
      await request.respondWith(response);
    }
    await request.respondWith(new Response("plain"));
    return how;
  }
  answerOnce.maxRetries = 0;
  async function answerEndlessly(request) {
    "use step";
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.enqueue(new Uint8Array(10));
      },
    });
    await request.respondWith(new Response(body));
  }
  answerEndlessly.maxRetries = 0;
  answerEndlessly.timeout = 200;
  async function leaveLate() {
    "use step";
    given.late = {
      write() {
        try {
          void getWritable().getWriter().write("late");
        } catch {}
      },
    };
    // In the name of this attempt, when it is over.
    const { AsyncResource } = process.getBuiltinModule("node:async_hooks");
    given.late.write = AsyncResource.bind(given.late.write);
  }
  async function makeEndless() {
    "use step";
    given.pulls = 0;
    return new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        given.pulls++;
        controller.enqueue("x".repeat(10));
      },
    });
  }

  export async function writesUnawaited(count, size) { "use workflow"; await writeUnawaited(count, size); }
  export async function writesBlobs(count) { "use workflow"; await writeBlobs(count); }
  export async function ticks() { "use workflow"; return tick(); }
  export async function closesThenFails() { "use workflow"; return closeThenFail(); }
  export async function writesHandle(readable) { "use workflow"; await writeHandle(readable); }
  export async function collects(readable) { "use workflow"; return collect(readable); }
  export async function collectsOrFails(readable) {
    "use workflow";
    try {
      return await collect(readable);
    } catch (error) {
      return error.code ?? error.cause?.code;
    }
  }
  collect.backoff = 1;
  collect.maxRetries = 0;
  export async function readsOwn(runId) {
    "use workflow";
    const [all] = await Promise.all([readOther(runId, "x"), writeNamed("x")]);
    return all;
  }
  export async function child(writable) {
    "use workflow";
    await sleep(100);
    await writeTo(writable);
  }
  export async function hasChild() { "use workflow"; return startChild(); }
  export async function answersUnawaited(token) {
    "use workflow";
    await answerUnawaited(await createWebhook({ token, respondWith: "manual" }));
  }
  export async function answersOnce(token, how) {
    "use workflow";
    return answerOnce(await createWebhook({ token, respondWith: "manual" }), how);
  }
  export async function answersEndless(token) {
    "use workflow";
    const request = await createWebhook({ token, respondWith: "manual" });
    try {
      await answerEndlessly(request);
    } catch {}
    await createHook({ token: token + " on" });
  }
  export async function writesLate() {
    "use workflow";
    await leaveLate();
    await createHook({ token: "late on" });
  }
  export async function returnsEndless() { "use workflow"; return makeEndless(); }
`;
