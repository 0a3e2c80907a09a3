// Checked by `npm run types`; nothing here runs. Hooks have the types of their schemas (TY-03).
import { z } from "zod";
import { listHooks, resumeHook } from "../../lib/api";
import type { Hook, StandardSchemaV1, TypedHook } from "../../lib/index";
import { createHook, createWebhook, defineHook } from "../../lib/index";

declare const textToNumber: StandardSchemaV1<string, number>;
const amounts = defineHook({ schema: textToNumber, name: "amount", label: "How many?" });
const approvals = defineHook(z.object({ ok: z.boolean(), note: z.string().default("") }));
const free = defineHook<{ ok: boolean }>();
const plain = defineHook({ schema: { type: "object", additionalProperties: false } });
interface Keywords {
  type: "string";
}
declare const keywords: Keywords;

export async function inWorkflow(): Promise<void> {
  const hook: Hook<number> = amounts.create({ token: "amount:1", metadata: { a: 1 } });
  const amount: number = await hook;
  for await (const each of amounts.wait()) void (each satisfies number);
  const { ok, note }: { ok: boolean; note: string } = await approvals.create();
  const approved: { ok: boolean } = await free.create({ once: true });
  const anything: unknown = await plain.create();
  const typed: boolean = (await createHook<{ ok: boolean }>({ token: "a" })).ok;
  const inferred: number = await createHook({ schema: textToNumber, once: true });
  const unknown: unknown = await createHook({ schema: keywords, label: "A word" });

  // @ts-expect-error: it gives numbers
  const text: string = await amounts.create();
  // @ts-expect-error: the definition has the schema
  amounts.create({ schema: textToNumber });
  // @ts-expect-error: the schema gives numbers
  createHook<string>({ schema: textToNumber });
  // @ts-expect-error: a webhook takes requests
  createWebhook({ schema: textToNumber });

  void [amount, ok, note, approved, anything, typed, inferred, unknown, text];
}

export async function outside(): Promise<void> {
  const { runId, createdAt } = await amounts.resume("amount:1", "12");
  await approvals.resume("a", { ok: true });
  await approvals.resume("a", { ok: true, note: "x" }, { id: "evt_1" });
  await free.resume("a", { ok: true });
  const early = await amounts.resume("amount:1", "12", { runId: "wrun_1" });
  if (early.delivery === "delivered") void early.hookId;
  // @ts-expect-error: it may be waiting, and nothing is known of its hook
  void early.hookId;
  const sent = await resumeHook("a", { any: 1 }, { id: "evt_1" });
  const { data } = await listHooks({ runId, limit: 10 });
  const hook: TypedHook<string, number> = amounts;

  // @ts-expect-error: it takes texts
  await amounts.resume("amount:1", 12);
  // @ts-expect-error: `ok` is missing
  await approvals.resume("a", { note: "x" });
  // @ts-expect-error: `ok` is a boolean
  await free.resume("a", { ok: "yes" });

  void [createdAt, sent.hookId, data[0]?.schema, data[0]?.label, hook];
}
