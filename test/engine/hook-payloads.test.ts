/** What becomes of payloads: checked, kept until their hook is there, taken once, and never lost (F). */
import { EntityConflictError, HookNotFoundError, HookPayloadError } from "../../lib/errors";
import { getHookByToken, getRun, listHooks, resumeHook } from "../../lib/api";
import type { Append, World } from "../../lib/contract/world";
import { changed, Gate } from "./changed-world";
import { describeOnEachWorld, expectGoodLog, hookOf, logOf } from "./each-world";
import { runOf, startOf, until } from "./test-app";

const SOURCE = `
import { createHook, sleep } from "everstep";
import { z } from "zod";
const decision = z.object({ ok: z.boolean(), by: z.string().min(1) });
const count = z.string().regex(/^\\d+$/).transform((text) => Number(text)).refine((n) => n < 100, "is too large");
const moment = z.object({ at: z.date() });
const later = z.object({ n: z.number().refine(async (n) => n > 0) });

export async function noop() { "use step"; }
export async function decides(token) { "use workflow"; return createHook({ token, name: "decision", schema: decision }); }
export async function counts(token) {
  "use workflow";
  const hook = createHook({ token, name: "count", schema: count });
  const heard = [];
  while (heard.length < 3) {
    try { heard.push(await hook); } catch (error) { heard.push([error.code, error.issues]); }
  }
  return heard;
}
export async function moments(token) { "use workflow"; return createHook({ token, schema: moment }); }
export async function waitsForLater(token) { "use workflow"; return createHook({ token, schema: later }); }
export async function plain(token, schema) { "use workflow"; return createHook({ token, name: "plain", schema }); }
export async function wrongSchemas() {
  "use workflow";
  const refused = [];
  const round = {};
  round.round = round;
  for (const schema of [5, "text", [1], () => 1, round, { type: "object", check: () => 1 }]) {
    try { createHook({ schema }); } catch (error) { refused.push([error.name, error.code]); }
  }
  return refused;
}
export async function once(token) {
  "use workflow";
  const hook = createHook({ token, once: true });
  const heard = await hook;
  await createHook({ token: token + ":end" });
  return heard;
}
export async function opensLate(token, times) {
  "use workflow";
  await createHook({ token: token + ":go" });
  const hook = createHook({ token });
  const heard = [];
  while (heard.length < times) heard.push(await hook);
  return heard;
}
export async function opensLateOnce(token) {
  "use workflow";
  await createHook({ token: token + ":go" });
  const heard = await createHook({ token, once: true });
  await createHook({ token: token + ":end" });
  return heard;
}
export async function neverOpens(token) { "use workflow"; await createHook({ token: token + ":go" }); return "over"; }
export async function takesOne(token) {
  "use workflow";
  const hook = createHook({ token, name: "one" });
  const heard = await hook;
  hook.dispose();
  await noop();
  await createHook({ token: token + ":end" });
  return heard;
}
export async function hangsOn(token) { "use workflow"; const hook = createHook({ token }); await hook; await hook; }
`;

jest.setTimeout(60_000);

/** Holds appends that a test wants to happen later. */
let held: { gate: Gate; isMeant: (append: Append) => boolean } | null = null;
const network = (world: World) =>
  changed(world, "runs", (runs) => ({
    async append(append) {
      if (held?.isMeant(append)) await held.gate.pass();
      return runs.append(append);
    },
  }));

function hold(isMeant: (append: Append) => boolean): Gate {
  const gate = new Gate();
  held = { gate, isMeant };
  return gate;
}

const here = describeOnEachWorld(
  SOURCE,
  [standardSchemas, jsonSchemas, onceOnly, earlyPayloads, latePayloads],
  { network },
);

const start = (name: string, ...args: unknown[]) => startOf(here.app, name, ...args);
const isOpen = (token: string) => hookOf(here.app, token);
const inboxOf = async (runId: string) => (await here.app.world.inbox.read(runId, 100)).length;
const payloadsOf = async (runId: string) =>
  (await logOf(here.app, runId)).filter(({ type }) => type === "hook_received");
const errorOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

function standardSchemas(): void {
  test("a payload is checked by the schema of the hook before it is stored; the hook still waits", async () => {
    const run = await start("decides", "decide");
    await isOpen("decide");
    const error = await errorOf(resumeHook("decide", { ok: "yes", by: "" }));
    if (!HookPayloadError.is(error)) throw error;
    expect(error.code).toBe("HOOK_PAYLOAD_INVALID");
    expect(error.message).toMatch(
      /^The payload for hook "decision" was refused: \.ok must be boolean; \.by must NOT have fewer than 1 characters/,
    );
    expect(error.issues.map(({ path }) => path)).toEqual([["ok"], ["by"]]);
    expect([await inboxOf(run.runId), await payloadsOf(run.runId)]).toEqual([0, []]);
    const good = { ok: true, by: "Ada" };
    await resumeHook("decide", good);
    expect(await run.returnValue).toEqual(good);
    await expectGoodLog(here.app, run.runId);
  });

  test("what the schema makes of a payload is what the workflow gets, on every replay", async () => {
    const run = await start("counts", "count");
    await isOpen("count");
    expect((await getHookByToken("count")).schema).toMatchObject({ type: "string" });
    await expect(resumeHook("count", "twelve")).rejects.toMatchObject({
      name: "HookPayloadError",
    });
    for (const each of ["12", "100", "7"]) await resumeHook("count", each);
    expect(await run.returnValue).toEqual([
      12,
      ["HOOK_PAYLOAD_INVALID", [expect.objectContaining({ message: "is too large" })]],
      7,
    ]);
    await expectGoodLog(here.app, run.runId);
  });

  test("a schema that JSON Schema cannot say is asked in the workflow alone", async () => {
    const run = await start("moments", "moment");
    await isOpen("moment");
    expect(await getHookByToken("moment")).not.toHaveProperty("schema");
    const payload = { at: new Date(5) };
    await resumeHook("moment", payload);
    expect(await run.returnValue).toEqual(payload);
    const wrong = await start("moments", "moment");
    await isOpen("moment");
    await resumeHook("moment", { at: "soon" });
    await expect(wrong.returnValue).rejects.toMatchObject({
      cause: { name: "HookPayloadError", code: "HOOK_PAYLOAD_INVALID" },
    });
    await expectGoodLog(here.app, wrong.runId);
  });

  test("a schema that answers later leaves payloads as they are", async () => {
    const run = await start("waitsForLater", "later");
    await isOpen("later");
    await resumeHook("later", { n: 1 });
    expect(await run.returnValue).toEqual({ n: 1 });
    await expectGoodLog(here.app, run.runId);
  });
}

function jsonSchemas(): void {
  test("a JSON Schema is kept as it is, with definitions, old drafts and formats of its own", async () => {
    const schemas = [
      { $id: "a", $defs: { n: { type: "number" } }, items: { $ref: "#/$defs/n" }, type: "array" },
      {
        $id: "a",
        $schema: "http://json-schema.org/draft-07/schema#",
        type: "array",
        items: [{ type: "number" }],
      },
      { type: "array", items: { type: "number", format: "no such format" }, "x-own": 1 },
    ];
    for (const [index, schema] of schemas.entries()) {
      const token = `plain:${index}`;
      const run = await start("plain", token, schema);
      await isOpen(token);
      expect((await getHookByToken(token)).schema).toEqual(schema);
      await expect(resumeHook(token, ["one"])).rejects.toThrow("[0] must be number");
      await resumeHook(token, [1]);
      expect(await run.returnValue).toEqual([1]);
    }
  });

  test.each([
    ["refers to another place", { $ref: "https://example.com/schema.json" }],
    ["is none", { type: "no such type" }],
    ["answers later", { $async: true, type: "object" }],
  ])(
    "a schema that %s is refused when a payload comes, and the run goes on waiting",
    async (name, schema) => {
      const run = await start("plain", `bad ${name}`, schema);
      await isOpen(`bad ${name}`);
      const error = await errorOf(resumeHook(`bad ${name}`, {}));
      expect(error).toMatchObject({ name: "WorkflowRuntimeError", code: "HOOK_SCHEMA_INVALID" });
      expect(await payloadsOf(run.runId)).toEqual([]);
      await run.cancel();
    },
  );

  test("what is no schema, or cannot be stored, is refused where it is given", async () => {
    const refused = (await runOf(here.app, "wrongSchemas")) as unknown[];
    expect(refused).toEqual(Array(6).fill(["WorkflowRuntimeError", "HOOK_SCHEMA_INVALID"]));
  });
}

function onceOnly(): void {
  test("F2: of a hundred at once one resumes a hook for one payload, and 99 hear of a conflict", async () => {
    const run = await start("once", "once");
    await isOpen("once");
    const sent = Array.from({ length: 100 }, (_, n) => resumeHook("once", n));
    const outcomes = await Promise.allSettled(sent);
    const refused = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    expect(refused).toHaveLength(99);
    for (const reason of refused) {
      expect(EntityConflictError.is(reason) && reason.code).toBe("HOOK_ALREADY_RESUMED");
    }
    await isOpen("once:end");
    await expect(resumeHook("once", 1)).rejects.toMatchObject({ code: "HOOK_ALREADY_RESUMED" });
    await resumeHook("once:end", 1);
    const accepted = outcomes.findIndex(({ status }) => status === "fulfilled");
    expect(await run.returnValue).toBe(accepted);
    expect(HookNotFoundError.is(await errorOf(resumeHook("once", 1)))).toBe(true);
    expect(await payloadsOf(run.runId)).toHaveLength(2);
  });

  test("F4: an event that its provider sends five times is delivered once", async () => {
    const run = await start("hangsOn", "provider");
    await isOpen("provider");
    const sent = Array.from({ length: 5 }, () => resumeHook("provider", 1, { id: "evt_1" }));
    for (const each of await Promise.all(sent)) expect(each.runId).toBe(run.runId);
    await until(async () => (await payloadsOf(run.runId)).length > 0);
    await resumeHook("provider", 1, { id: "evt_1" });
    await resumeHook("provider", 2, { id: "evt_2" });
    expect(await run.returnValue).toBeUndefined();
    expect(await payloadsOf(run.runId)).toMatchObject([{ payload: "1j1" }, { payload: "1j2" }]);
  });

  test("a hook for one payload takes the first of those that came before it", async () => {
    const run = await start("opensLateOnce", "early once");
    await isOpen("early once:go");
    const { runId } = run;
    for (const n of [1, 2]) await resumeHook("early once", n, { runId });
    await resumeHook("early once:go", 0);
    await isOpen("early once:end");
    await expect(resumeHook("early once", 3)).rejects.toMatchObject({
      code: "HOOK_ALREADY_RESUMED",
    });
    await resumeHook("early once:end", 0);
    expect(await run.returnValue).toBe(1);
    const warning = `Run "${runId}" does not get a payload that came too late for hook`;
    expect(here.app.said.join("\n")).toContain(warning);
    await expectGoodLog(here.app, runId);
  });
}

function earlyPayloads(): void {
  test("F1: payloads for a hook that is still to come wait in the run, in order and once each", async () => {
    const run = await start("opensLate", "early", 4);
    await isOpen("early:go");
    const { runId } = run;
    expect(await errorOf(resumeHook("early", 1))).toMatchObject({ code: "HOOK_NOT_FOUND" });
    const waiting = { delivery: "waiting", runId, token: "early" };
    expect(await resumeHook("early", 1, { runId, id: "a" })).toEqual(waiting);
    expect(await resumeHook("early", 1, { runId, id: "a" })).toEqual(waiting);
    expect(await resumeHook("early", 2, { runId })).toEqual(waiting);
    // The next owner of the run finds them, too.
    await here.app.restart();
    expect(await inboxOf(runId)).toBe(2);
    expect((await listHooks({ runId })).data.map(({ token }) => token)).toEqual(["early:go"]);
    await resumeHook("early:go", 0);
    await isOpen("early");
    expect(await resumeHook("early", 3, { runId })).toMatchObject({ delivery: "delivered" });
    expect(await resumeHook("early", 1, { runId, id: "a" })).toMatchObject({
      hookId: expect.any(String) as string,
    });
    await resumeHook("early", 4);
    expect(await getRun(runId).returnValue).toEqual([1, 2, 3, 4]);
    await expectGoodLog(here.app, runId);
  });

  test("F1: the run is the one that is named, and may begin later", async () => {
    const unknown = resumeHook("x", 1, { runId: "wrun_nobody" });
    await expect(unknown).rejects.toMatchObject({ name: "WorkflowRunNotFoundError" });
    const one = await start("neverOpens", "named");
    await isOpen("named:go");
    const other = await start("opensLate", "other", 1);
    await isOpen("other:go");
    // The token is open in another run, which is not meant.
    const early = resumeHook("named:go", "early", { runId: other.runId });
    expect(await early).toMatchObject({ delivery: "waiting", runId: other.runId });
    await resumeHook("named:go", 1);
    expect(await one.returnValue).toBe("over");
    const late = resumeHook("named", 1, { runId: one.runId });
    await expect(late).rejects.toMatchObject({ name: "HookNotFoundError", code: "HOOK_GONE" });
    await other.cancel();
  });

  test("payloads for hooks that a run never opened are counted in a warning at its end", async () => {
    const run = await start("neverOpens", "never");
    await isOpen("never:go");
    const { runId } = run;
    for (const n of [1, 2, 3]) await resumeHook("never", n, { runId });
    await resumeHook("never:go", 1);
    expect(await run.returnValue).toBe("over");
    const warning = `Run "${runId}" ended with 3 payloads in its inbox that no hook of it has taken`;
    await until(() => here.app.said.includes(warning));
  });
}

function latePayloads(): void {
  test("F3: a payload that was stored while its hook was being disposed of is in the log, with a warning", async () => {
    const run = await start("takesOne", "one");
    await isOpen("one");
    const gate = hold(({ disposed = [] }) => disposed.length > 0);
    await resumeHook("one", "first");
    await until(() => gate.isReached);
    expect(await resumeHook("one", "second")).toMatchObject({ delivery: "delivered" });
    held = null;
    gate.open();
    await isOpen("one:end");
    await resumeHook("one:end", 1);
    expect(await run.returnValue).toBe("first");
    const types = (await logOf(here.app, run.runId)).map((event) =>
      event.type === "hook_received" ? event.payload : event.type,
    );
    expect(types.indexOf('1j"second"')).toBeGreaterThan(types.indexOf("hook_disposed"));
    const warning = `Run "${run.runId}" does not get a payload that came too late for hook "one"`;
    expect(here.app.said).toContain(warning);
    await expectGoodLog(here.app, run.runId);
  });

  test("F7: a token whose run ended before its hook was there is free for others", async () => {
    const gate = hold(({ hooks = [] }) => hooks.some(({ token }) => token === "claimed"));
    const first = await start("decides", "claimed");
    await until(() => gate.isReached);
    held = null;
    await first.cancel();
    const second = await start("decides", "claimed");
    await isOpen("claimed");
    gate.open();
    expect((await getHookByToken("claimed")).runId).toBe(second.runId);
    await resumeHook("claimed", { ok: true, by: "Ada" });
    expect(await second.returnValue).toEqual({ ok: true, by: "Ada" });
  });
}
