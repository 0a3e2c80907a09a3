/** `defineHook` from both sides: checked and transformed where it is resumed (HK-22, HK-23, C269). */
import { getHookByToken, resumeHook } from "../../lib/api";
import { HookPayloadError } from "../../lib/errors";
import { defineHook, type TypedHook } from "../../lib/index";
import { describeOnEachWorld, expectGoodLog, hookOf, logOf } from "./each-world";
import { startOf } from "./test-app";

const SOURCE = `
import { defineHook } from "everstep";
import { z } from "zod";
const amount = z.string().transform((text, context) => {
  if (text.startsWith("-")) context.addIssue({ code: "custom", message: "is negative" });
  return Number(text);
});
export const orders = defineHook({ schema: amount, name: "order", description: "How many?" });
export const checked = defineHook(z.object({ n: z.number() }).refine(async ({ n }) => n > 0, "is not positive"));
export const plain = defineHook({ schema: { type: "integer" }, label: "A number" });
export const free = defineHook();
const known = { orders, checked, plain, free };

export async function creates(name, token) { "use workflow"; return known[name].create({ token }); }
export async function waits(name, token) {
  "use workflow";
  const heard = [];
  for await (const each of known[name].wait({ token })) {
    heard.push(each);
    if (heard.length === 2) break;
  }
  return heard;
}
export async function resumes() { "use workflow"; return (async () => free.resume("x", 1))().catch((error) => error.message.split("\\n")[0]); }
`;

jest.setTimeout(60_000);

const here = describeOnEachWorld(SOURCE, [standardSchemas, others]);

const hook = (name: string) => here.app.exports[name] as unknown as TypedHook;
const start = (name: string, ...args: unknown[]) => startOf(here.app, name, ...args);
const isOpen = (token: string) => hookOf(here.app, token);

function standardSchemas(): void {
  test("HK-23: what the schema makes of a payload is stored and delivered, once", async () => {
    const run = await start("creates", "orders", "order");
    await isOpen("order");
    const { token, delivery } = await hook("orders").resume("order", "12");
    expect([token, delivery]).toEqual(["order", "delivered"]);
    expect(await run.returnValue).toBe(12);
    const stored = (await logOf(here.app, run.runId)).find(({ type }) => type === "hook_received");
    expect(stored).toMatchObject({ payload: "1j12", isChecked: true });
    await expectGoodLog(here.app, run.runId);
  });

  test("C269: a refused payload rejects with its issues as JSON, and nothing is stored", async () => {
    const run = await start("creates", "orders", "refused");
    await isOpen("refused");
    const error: unknown = await hook("orders")
      .resume("refused", "-1")
      .catch((reason: unknown) => reason);
    if (!HookPayloadError.is(error)) throw error;
    expect(error.code).toBe("HOOK_PAYLOAD_INVALID");
    expect(error.message).toBe(JSON.stringify(error.issues, null, 2));
    expect(error.issues).toMatchObject([{ message: "is negative" }]);
    expect(await here.app.world.inbox.read(run.runId, 10)).toEqual([]);
    await hook("orders").resume("refused", "3");
    expect(await run.returnValue).toBe(3);
  });

  test("people who find the hook see the name, the label and the schema of its definition", async () => {
    const run = await start("creates", "orders", "shown");
    await isOpen("shown");
    expect(await getHookByToken("shown")).toMatchObject({
      ...{ name: "order", label: "How many?" },
      schema: { type: "string" },
    });
    // A payload that no definition has checked goes through the schema in the workflow.
    await expect(resumeHook("shown", 12)).rejects.toMatchObject({ name: "HookPayloadError" });
    await resumeHook("shown", "12");
    expect(await run.returnValue).toBe(12);
    await expectGoodLog(here.app, run.runId);
  });

  test("a schema may answer later, and be given itself", async () => {
    const run = await start("creates", "checked", "async");
    await isOpen("async");
    await expect(hook("checked").resume("async", { n: -1 })).rejects.toThrow("is not positive");
    await hook("checked").resume("async", { n: 1 });
    expect(await run.returnValue).toEqual({ n: 1 });
  });
}

function others(): void {
  test("a JSON Schema is one, too; without a schema everything passes", async () => {
    const run = await start("waits", "plain", "plain");
    await isOpen("plain");
    await expect(hook("plain").resume("plain", "1")).rejects.toThrow("must be integer");
    for (const n of [1, 2]) await hook("plain").resume("plain", n);
    expect(await run.returnValue).toEqual([1, 2]);
    const other = await start("waits", "free", "free");
    await isOpen("free");
    for (const each of [{ a: 1 }, undefined]) await hook("free").resume("free", each);
    expect(await other.returnValue).toEqual([{ a: 1 }, undefined]);
  });

  test("a payload may come ahead of its hook, checked all the same", async () => {
    const { runId, returnValue } = await start("creates", "orders", "ahead");
    await isOpen("ahead");
    const early = hook("orders").resume("ahead:2", "-1", { runId });
    await expect(early).rejects.toMatchObject({ name: "HookPayloadError" });
    const waiting = { delivery: "waiting", runId, token: "ahead:2" };
    expect(await hook("orders").resume("ahead:2", "1", { runId })).toEqual(waiting);
    await hook("orders").resume("ahead", "2");
    expect(await returnValue).toBe(2);
  });

  test("C268, HK-22: where its calls belong is said by those that are elsewhere", async () => {
    const texts = [
      "`defineHook().create()` can only be called inside a workflow function",
      "`defineHook().resume()` can only be called from external contexts (e.g. API routes).",
    ];
    const { create, wait } = defineHook();
    for (const call of [create, wait]) expect(() => call()).toThrow(texts[0]);
    const run = await start("resumes");
    expect(await run.returnValue).toBe(texts[1]);
  });
}
