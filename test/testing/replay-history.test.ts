import { start } from "../../lib/api";
import type { RunLogEntry } from "../../lib/api";
import { CorruptedEventLogError, ReplayDivergenceError } from "../../lib/errors";
import { replay, type TestWorld } from "../../lib/testing";
import { loadApp, type LoadedApp } from "./load-app";

const STEPS = `
export async function reserve(id) { "use step"; return { id, at: new Date(0) }; }
export async function charge(id) { "use step"; if (id === "poor") throw new FatalError("no money"); return "c-" + id; }
charge.maxRetries = 0;
export async function thank(id) { "use step"; }
`;
const app = (body: string): LoadedApp =>
  loadApp(`import { createHook, FatalError, sleep } from "everstep";
    ${STEPS}
    export async function order(id) { "use workflow"; ${body} }`);

const yesterday = app(`
  const { at } = await reserve(id);
  await sleep("3 days");
  return [at instanceof Date, await charge(id)];`);
const order = yesterday.exports.order!;

let recorded: Record<"whole" | "failed" | "open" | "cancelled", RunLogEntry[]>;
let world: TestWorld | undefined;

async function collect(events: AsyncIterable<RunLogEntry>): Promise<RunLogEntry[]> {
  const entries: RunLogEntry[] = [];
  for await (const entry of events) entries.push(entry);
  return entries;
}

beforeAll(async () => {
  await using own = yesterday.open();
  const whole = await start(order, ["1"]);
  const failed = await start(order, ["poor"]);
  await own.advance("3 days");
  const open = await start(order, ["2"]);
  const cancelled = await start(order, ["3"]);
  await own.advance("1 day");
  await cancelled.cancel();
  recorded = {
    whole: await collect(whole.events()),
    failed: await collect(failed.events()),
    open: await collect(open.events()),
    cancelled: await collect(cancelled.events()),
  };
});

afterEach(async () => {
  await world?.close();
  world = undefined;
});

test("a history replays on the code that made it, to the end that it had", async () => {
  world = yesterday.open();
  const events = recorded.whole.length;
  expect(await replay(recorded.whole, order)).toEqual({
    ...{ status: "completed", events },
    returnValue: [true, "c-1"],
  });
  expect(await replay(recorded.failed, order)).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining("no money") as string },
  });
  expect(await replay(recorded.cancelled, order)).toMatchObject({ status: "cancelled" });
  const open = await replay(recorded.open, order);
  expect(open).toMatchObject({ status: "suspended", open: ["sleep//order#0:1"], next: [] });
});

test("a history is taken as events, entries, JSON, a stream, or the run itself", async () => {
  world = yesterday.open();
  const run = await start(order, ["1"]);
  await run.returnValue;
  const entries = await collect(run.events());
  const events = entries.map(({ event }) => event);
  const json = JSON.parse(JSON.stringify(entries)) as RunLogEntry[];
  for (const history of [entries, events, json, new Set(events), run.events(), run]) {
    expect(await replay(history, order)).toMatchObject({ status: "completed" });
  }
  expect(await replay(json, { workflowId: "workflow//./workflows/test//order" })).toMatchObject({
    status: "completed",
  });
});

test("code that asks for something else diverges, and both calls are named", async () => {
  const today = app(`
    await charge(id);
    await sleep("3 days");
    return "other";`);
  world = today.open();
  const diverged = replay(recorded.whole, today.exports.order!);
  await expect(diverged).rejects.toThrow(
    /Event 3 of the log is step "reserve", but the code asks for step "charge"/,
  );
  const error = await diverged.catch((thrown: unknown) => thrown);
  expect(ReplayDivergenceError.is(error)).toBe(true);
});

test("a step that was added behind the place where a run waits is no divergence (C588)", async () => {
  const today = app(`
    const { at } = await reserve(id);
    await sleep("3 days");
    const paid = await charge(id);
    await thank(id);
    return [at instanceof Date, paid];`);
  world = today.open();
  expect(await replay(recorded.open, today.exports.order!)).toMatchObject({ status: "suspended" });
  await expect(replay(recorded.whole, today.exports.order!)).rejects.toMatchObject({
    code: "REPLAY_DIVERGED",
  });
});

test("a history without its end shows what the code would ask for next", async () => {
  world = yesterday.open();
  const part = recorded.whole.slice(0, 2);
  expect(await replay(part, order)).toEqual({
    ...{ status: "suspended", events: 2, open: [] },
    next: ["step//./workflows/test//reserve:1"],
  });
});

test("what is no history, and what is no workflow, is refused", async () => {
  world = yesterday.open();
  const broken = replay([{ what: 1 }] as unknown as RunLogEntry[], order);
  await expect(broken).rejects.toThrow("Entry 1 of the history is no event");
  const empty = await replay([], order).catch((error: unknown) => error);
  expect(CorruptedEventLogError.is(empty)).toBe(true);
  const none = replay(recorded.whole, (() => undefined) as never);
  await expect(none).rejects.toMatchObject({ code: "START_INVALID" });
});
