/** Streams and webhooks in a test world: time is virtual, what flows is not. */
import { resumeWebhook, start } from "../../lib/api";
import { type TestWorld, waitForHook } from "../../lib/testing";
import { loadApp } from "./load-app";

const app = loadApp(`
import { createWebhook, getWritable, sleep } from "everstep";
async function say(word) {
  "use step";
  const writer = getWritable().getWriter();
  await writer.write(word);
}
async function answer(request) {
  "use step";
  await request.respondWith(new Response(await request.text()));
}
async function collect(readable) {
  "use step";
  const words = [];
  for await (const word of readable) words.push(word);
  return words;
}
export async function speaks() {
  "use workflow";
  await say("now");
  await sleep("30 days");
  await say("then");
}
export async function answers() {
  "use workflow";
  await answer(await createWebhook({ token: "w", respondWith: "manual" }));
  await sleep("1 day");
  return "slept";
}
export async function listens(readable) {
  "use workflow";
  await sleep("1 hour");
  return collect(readable);
}
`);
const { speaks, answers, listens } = app.exports;

let world: TestWorld;
beforeEach(() => void (world = app.open()));
afterEach(() => world.close());

test("a reader follows a run through a month of sleep", async () => {
  const run = await start(speaks!);
  const reader = run.readable.getReader();
  expect((await reader.read()).value).toBe("now");
  const next = reader.read();
  await world.advance("30 days");
  expect((await next).value).toBe("then");
  expect((await reader.read()).done).toBe(true);
});

test("a request is answered by a step", async () => {
  const run = await start(answers!);
  await waitForHook(run);
  const request = new Request("http://app.test/w", { method: "POST", body: "hello" });
  expect(await (await resumeWebhook("w", request)).text()).toBe("hello");
  await world.advance("1 day");
  expect(await run.returnValue).toBe("slept");
});

test("a stream that was given flows, however much virtual time goes by", async () => {
  const source = new ReadableStream<string>({
    start(controller) {
      controller.enqueue("one");
      controller.enqueue("two");
      controller.close();
    },
  });
  const run = await start(listens!, [source] as never);
  await world.advance("1 hour");
  expect(await run.returnValue).toEqual(["one", "two"]);
});
