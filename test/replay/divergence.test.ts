import { replay, type Outcome } from "../../lib/replay/replay";
import type { RunEvent } from "../../lib/contract/event";
import { bundleOf, TestWorld } from "./world";

const header = `
import { sleep, createHook } from "everstep";
export async function charge(n: number) { "use step"; return n }
export async function refund(n: number) { "use step"; return n }
`;
const workflow = (body: string) => `${header}
export async function order(n: number) { "use workflow"; ${body} }`;

const STEPS = { charge: (n: number) => n, refund: (n: number) => n };

/** The log of one body, replayed on another. */
async function replayOn(before: string, after: string): Promise<Outcome> {
  const world = new TestWorld(await bundleOf(workflow(before)), { args: [1], steps: STEPS }).run();
  const bundle = await bundleOf(workflow(after));
  return replay(world.log, { ...world.options, bundle });
}

function messageOf(outcome: Outcome): string {
  if (outcome.status !== "stuck") throw new Error(`It is ${outcome.status}`);
  expect(outcome.error.code).toBe("REPLAY_DIVERGED");
  return outcome.error.message;
}

test("another step in its place: both are named (RP-23, R4)", async () => {
  const message = messageOf(await replayOn("await charge(n); await charge(n)", "await refund(n)"));
  expect(message).toContain(
    'Event 3 of the log is step "charge", but the code asks for step "refund"',
  );
});

test("a step more in front is named with the one that the log holds", async () => {
  const message = messageOf(
    await replayOn("await charge(n); return 1", "await sleep('1s'); await charge(n); return 1"),
  );
  expect(message).toContain('is step "charge", but the code asks for sleep "order#0"');
});

test("a step less: the code is done, the log is not", async () => {
  const message = messageOf(await replayOn("await charge(n); await refund(n)", "await charge(n)"));
  expect(message).toContain('is step "refund", but the code completed');
});

test("another duration and another token are other calls", async () => {
  expect(messageOf(await replayOn("await sleep('1s')", "await sleep('2s')"))).toContain(
    'is sleep "order#0" (for 1000), but the code asks for (for 2000)',
  );
  const hook = (token: string) => `createHook({ token: "${token}" }); await sleep("1s")`;
  expect(messageOf(await replayOn(hook("a"), hook("b")))).toContain("(token a)");
});

test("code that waits where the log says it completed", async () => {
  const message = messageOf(await replayOn("return 1", "await new Promise(() => {})"));
  expect(message).toContain("run_completed, but the code is not done");
});

test("a call of another name beside it changes nothing (A7, R4)", async () => {
  const body = (extra: string) => `
    const parts = [charge(1), charge(2)]; ${extra}
    await Promise.all(parts); return 1`;
  const log = new TestWorld(await bundleOf(workflow(body(""))), { args: [1], steps: STEPS }).run();
  const bundle = await bundleOf(workflow(body("void sleep('1h');")));
  const outcome = replay(log.log.slice(0, 5), { ...log.options, bundle });
  expect(outcome).toMatchObject({ status: "suspended", commands: [{ type: "wait" }] });
});

const DAMAGES: Record<string, (log: RunEvent[]) => RunEvent[]> = {
  "an event twice": (log) => [...log.slice(0, 4), ...log.slice(3)],
  "an end before its call": (log) => [log[0]!, log[1]!, log[3]!, ...log.slice(4)],
  "a call twice": (log) => [...log.slice(0, 3), log[2]!, ...log.slice(3)],
  "events behind the end": (log) => [...log, log[3]!],
  "a second start": (log) => [...log.slice(0, 2), log[1]!, ...log.slice(2)],
  "a start without creation": (log) => log.slice(1),
  "a second creation": (log) => [...log.slice(0, 2), log[0]!],
};

test.each(Object.keys(DAMAGES))("a log with %s is corrupt, not replayed", async (name) => {
  const bundle = await bundleOf(workflow("return charge(n)"));
  const world = new TestWorld(bundle, { args: [1], steps: STEPS }).run();
  const outcome = replay(DAMAGES[name]!(world.log), world.options);
  expect(outcome).toMatchObject({ status: "stuck", error: { code: "EVENT_LOG_CORRUPTED" } });
});

test("user code can neither see nor catch a divergence", async () => {
  const outcome = await replayOn(
    "await charge(n); await charge(n)",
    "try { await charge(n); await refund(n) } catch { return 'caught' } finally { globalThis.x = 1 }",
  );
  expect(messageOf(outcome)).toContain("refund");
});
