/** What the streams of an attempt owe to a step, in whatever way it uses them (T6, T7). */
import { resumeWebhook, Run, start, type WorkflowReference } from "../../lib/api";
import { startWithKey } from "../../lib/client/start-once";
import type { World } from "../../lib/contract/world";
import { changed } from "../engine/changed-world";
import { hookOf } from "../engine/each-world";
import { openApp, startOf, type TestApp, until } from "../engine/test-app";
import { ATTEMPT_WORKFLOWS } from "./attempt-workflows";

/** What the steps of the app ask the test for. */
interface Given {
  runOf?: (runId: string) => Run;
  startChild?: (writable: WritableStream) => Promise<Run>;
  pulls?: number;
  late?: { write: () => unknown };
}
const given = globalThis as { attempts?: Given };
const trouble = { slowMs: 0, lostReplies: 0 };
let app: TestApp;
let tokens = 0;
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

const network = (world: World) =>
  changed(world, "streams", (inner) => ({
    async write(stream, chunks, fence) {
      if (trouble.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, trouble.slowMs));
      const isLost = stream.streamId.includes("_reply_") && trouble.lostReplies-- > 0;
      if (isLost) throw new Error("the connection was lost");
      return inner.write(stream, chunks, fence);
    },
  }));

beforeAll(async () => {
  given.attempts = {};
  app = await openApp(ATTEMPT_WORKFLOWS, { network, concurrency: 2 });
  process.on("unhandledRejection", note);
});
afterEach(() => {
  Object.assign(trouble, { slowMs: 0, lostReplies: 0 });
  expect(unhandled.splice(0)).toEqual([]);
});
afterAll(async () => {
  process.off("unhandledRejection", note);
  await app.stop();
});

const workflow = (name: string) => app.exports[name] as unknown as WorkflowReference;

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream as unknown as AsyncIterable<T>) values.push(value);
  return values;
}

async function waiting(name: string, ...args: unknown[]) {
  const token = `attempt ${++tokens}`;
  const run = await startOf(app, name, token, ...args);
  await hookOf(app, token);
  return { run, token };
}

function send(token: string): Promise<Response> {
  const request = new Request("https://app.test/", { method: "POST", body: "x" });
  return resumeWebhook(token, request, { world: app.world });
}

test("T6: what a step writes without awaiting it is stored, however much it is", async () => {
  const run = await startOf(app, "writesUnawaited", 8, 400_000);
  await run.returnValue;
  expect(await all(run.readable)).toHaveLength(8);
});

test("T6: and so is what has to be read before it is stored", async () => {
  const run = await startOf(app, "writesBlobs", 5);
  await run.returnValue;
  expect(await all(run.readable)).toHaveLength(5);
});

test("T6: an answer that a step does not await is given, however slow the world", async () => {
  trouble.slowMs = 20;
  const { run, token } = await waiting("answersUnawaited");
  expect(await (await send(token)).text()).toBe("hello");
  await run.returnValue;
});

test("T6: a step ends though somebody goes on writing in its name", async () => {
  trouble.slowMs = 10;
  const run = await startOf(app, "ticks");
  expect(await run.returnValue).toBe("returned");
});

test("SM-12: a step that has closed its stream, and fails then, can be tried again", async () => {
  const run = await startOf(app, "closesThenFails");
  expect(await run.returnValue).toBe(2);
  expect(await all(run.readable)).toEqual(["a"]);
});

test("P7: a chunk that holds a stream of a run can be read, and what comes behind it", async () => {
  const other = await startOf(app, "writesBlobs", 1);
  await other.returnValue;
  const run = await startOf(app, "writesHandle", new Run(other.runId, app.world).readable);
  await run.returnValue;
  const [first, second] = (await all(run.readable)) as [{ readable: ReadableStream }, string];
  expect(second).toBe("behind");
  expect(await all(first.readable)).toHaveLength(1);
});

test("P2: steps that read leave their slots to those that write", async () => {
  given.attempts!.runOf = (runId) => new Run(runId, app.world);
  const ids = ["reads_1", "reads_2", "reads_3"];
  const runs = await Promise.all(
    ids.map((id) => start(workflow("readsOwn"), [id], { world: app.world, id })),
  );
  const results = await Promise.all(runs.map((run) => run.returnValue));
  expect(results).toEqual([["one"], ["one"], ["one"]]);
});

test("C3: a second attempt hears what the run says that the first one has started", async () => {
  given.attempts!.startChild = (writable) => start(workflow("child"), [writable]);
  const run = await startOf(app, "hasChild");
  expect(await run.returnValue).toEqual(["one"]);
});

test("a stream can be passed again where the first start did not come about", async () => {
  const source = new ReadableStream({
    start(controller) {
      controller.enqueue(1);
      controller.close();
    },
  });
  let isAway = true;
  const world = changed(app.world, "runs", (inner) => ({
    async create(run) {
      if (isAway) throw new Error("away");
      return inner.create(run);
    },
  }));
  await expect(start(workflow("collects"), [source], { world })).rejects.toThrow("away");
  isAway = false;
  const run = await start(workflow("collects"), [source], { world });
  expect(await run.returnValue).toEqual([1]);
});

test("start resolves though its stream was locked meanwhile, and the run hears of that", async () => {
  const source = new ReadableStream();
  const starting = start(workflow("collectsOrFails"), [source], { world: app.world });
  source.getReader();
  expect(await (await starting).returnValue).toBe("STREAM_BROKEN");
});

test("a stream may be among the arguments of a start with a key", async () => {
  const args = [new Response("ab").body];
  const run = await startWithKey("key", workflow("collects"), args, { world: app.world });
  expect(await run.returnValue).toHaveLength(1);
});

test("E7: an answer survives trouble with the world, and the step does as well", async () => {
  trouble.lostReplies = 2;
  const { run, token } = await waiting("answersOnce", "plain");
  expect(await (await send(token)).text()).toBe("plain");
  expect(await run.returnValue).toBe("plain");
});

test("P7: a response that cannot be sent is refused in the step that gives it", async () => {
  for (const how of ["error", "used"]) {
    const { run, token } = await waiting("answersOnce", how);
    await expect(send(token)).rejects.toMatchObject({ code: "WEBHOOK_NOT_ANSWERED" });
    await expect(run.returnValue).rejects.toThrow();
  }
});

test("T7: an attempt that is over writes to no stream, also if it had opened none", async () => {
  const run = await startOf(app, "writesLate");
  await hookOf(app, "late on");
  expect(() => given.attempts!.late!.write()).not.toThrow();
  const second = await startOf(app, "writesBlobs", 1);
  await second.returnValue;
  expect((await run.getStreamInfo()).count).toBe(0);
  await run.cancel();
});

test("T7: the body of an answer ends with the attempt that gave it", async () => {
  const { run, token } = await waiting("answersEndless");
  const response = await send(token);
  const reading = response.text().catch((error: unknown) => (error as Error).message);
  await hookOf(app, `${token} on`);
  expect(await reading).toContain("broke off");
  await run.cancel();
});

test("E8: the engine stops while the world is away and a stream flows", async () => {
  let isAway = false;
  const away = (world: World) =>
    changed(world, "streams", (inner) => ({
      async write(...all) {
        if (isAway) throw new Error("away");
        return inner.write(...all);
      },
      async close(...all) {
        if (isAway) throw new Error("away");
        return inner.close(...all);
      },
    }));
  const own = await openApp(ATTEMPT_WORKFLOWS, { network: away });
  const run = await startOf(own, "returnsEndless");
  await run.returnValue;
  isAway = true;
  const { pulls = 0 } = given.attempts!;
  await until(() => given.attempts!.pulls! > pulls + 3);
  await own.runtime.stop({ graceMs: 10 });
  isAway = false;
  await own.stop();
});
