/** Requests, responses, forms and streams in a workflow: it holds them, and steps use them. */
import type { CodecType } from "../../lib/codec/codec";
import { BUILTIN_STEP } from "../../lib/contract/builtin-step";
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { expectSameEverywhere } from "./expect-replay";
import { bundleOf, type StepScript, workflowId } from "./world";

const SOURCE = `
import { createWebhook, fetch, getWritable } from "everstep";
export async function look(value: unknown) { "use step"; return value as any }
export async function fetched() {
  "use workflow";
  const response = await fetch("https://example.test/a", { method: "POST", body: "ping" });
  const { status, ok, headers } = response;
  const kinds = [response instanceof Response, headers instanceof Headers];
  return [status, ok, headers.get("x-a"), ...kinds, await response.json(), await response.text()];
}
export async function replaced() {
  "use workflow";
  globalThis.fetch = fetch;
  return (await globalThis.fetch("https://example.test/a")).status;
}
export async function made() {
  "use workflow";
  const request = new Request("https://example.test/b", {
    method: "put", headers: { "X-A": "1" }, body: new Uint8Array([1, 2]), redirect: "manual",
  });
  const again = await look(request);
  const response = await look(Response.json({ a: 1 }, { status: 201 }));
  return [
    again instanceof Request, again.method, again.url, again.redirect, again.headers.get("x-a"),
    response.status, response.headers.get("content-type"), response.bodyUsed,
  ];
}
export async function forms() {
  "use workflow";
  const form = new FormData();
  form.append("name", "Ada");
  form.append("file", new File(["content"], "a.txt", { type: "text/plain", lastModified: 5 }));
  const again: FormData = await look(form);
  const file = again.get("file") as File;
  const blob: Blob = await look(new Blob(["b"], { type: "image/png" }));
  return [
    again instanceof FormData, again.get("name"), file.name, file.type, file.lastModified,
    await file.text(), blob instanceof Blob, blob.type, await blob.text(), blob instanceof File,
  ];
}
export async function writes() {
  "use workflow";
  const output = getWritable();
  const same = await look(output);
  return [
    output instanceof WritableStream, output.locked, same instanceof WritableStream,
    await look(getWritable({ namespace: "log of día 1" })),
  ];
}
export async function streamed() {
  "use workflow";
  const response: Response = await look(new Response("held here"));
  const body = await look(response.body);
  const passed = await look(new Response(body));
  return [body instanceof ReadableStream, await passed.text()];
}
export async function answers() {
  "use workflow";
  createWebhook({ respondWith: new Response("thanks", { status: 200 }) });
  await look(1);
}
`;

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

/** The host of this test keeps what is stored as it is, so that steps can look at it. */
class Stored {
  constructor(
    readonly type: string,
    readonly parts: readonly unknown[],
  ) {}
}

const TYPES = [
  "Request",
  "Response",
  "ReadableStream",
  "WritableStream",
  "FormData",
  "File",
  "Blob",
];

function storedType(name: string): CodecType {
  return {
    name,
    is: (value) => value instanceof Stored && value.type === name,
    toParts: (value) => (value as Stored).parts,
    create: (parts) => new Stored(name, [...parts]),
  };
}

const response = new Stored("Response", [
  ...[200, "OK", new Headers({ "x-a": "1" }), new Stored("ReadableStream", ["strm_body"]), {}],
]);

const readBody = BUILTIN_STEP.readBody.split("//").at(-1)!;

function run(name: string, steps: StepScript = {}, log: unknown[] = []): unknown {
  const note = (result: (...args: unknown[]) => unknown) =>
    function (this: unknown, ...args: unknown[]) {
      log.push(this === undefined ? args : [this, ...args]);
      return result(...args);
    };
  const world = expectSameEverywhere(bundle, {
    workflow: workflowId(name),
    types: () => TYPES.map(storedType),
    steps: { look: note((value) => value), fetch: note(() => response), ...steps },
  });
  return world.result();
}

test("fetch is a step, and so is each reading of a body (SG-13, SG-17)", () => {
  const log: unknown[] = [];
  const steps: StepScript = {
    [readBody](this: Stored, form: string) {
      log.push([this.parts[3], form]);
      return form === "json" ? { a: 1 } : "text";
    },
  };
  expect(run("fetched", steps, log)).toEqual([200, true, "1", true, true, { a: 1 }, "text"]);
  const body = new Stored("ReadableStream", ["strm_body"]);
  expect(log.slice(0, 3)).toEqual([
    ["https://example.test/a", { method: "POST", body: "ping" }],
    [body, "json"],
    [body, "text"],
  ]);
});

test("a workflow may put the step in the place of the global (SG-17)", () => {
  expect(run("replaced")).toBe(200);
});

test("requests and responses are values that steps take and give (SG-14, SG-15, SR-14)", () => {
  expect(run("made")).toEqual([
    ...[true, "PUT", "https://example.test/b", "manual", "1"],
    ...[201, "application/json", false],
  ]);
});

test("forms and files are values that steps take and give", () => {
  expect(run("forms")).toEqual([
    ...[true, "Ada", "a.txt", "text/plain", 5, "content", true, "image/png", "b", false],
  ]);
});

test("getWritable names a stream of the run, by the id that clients know (SM-01, SM-04)", () => {
  const log: unknown[] = [];
  const named = new Stored("WritableStream", ["strm_wrun_test.user_bG9nIG9mIGTDrWEgMQ"]);
  expect(run("writes", {}, log)).toEqual([true, false, true, named]);
  expect(log[0]).toEqual([new Stored("WritableStream", ["strm_wrun_test.user"])]);
});

test("the body of a response that was made in the workflow stays with it", () => {
  const steps: StepScript = {
    [readBody](this: Stored, form: string) {
      return `${form} of ${String(this.parts[3])}`;
    },
  };
  expect(run("streamed", steps)).toEqual([true, "text of held here"]);
});

test("the static answer of a webhook is stored with it (WH-02)", () => {
  const world = expectSameEverywhere(bundle, {
    workflow: workflowId("answers"),
    types: () => TYPES.map(storedType),
    steps: { look: (value: unknown) => value },
  });
  const [hook] = world.hooks();
  const { webhook } = hook!.options;
  const stored = world.codec.decode(webhook!.response!) as Stored;
  expect([webhook!.respondWith, stored.type]).toEqual(["static", "Response"]);
  const [status, , , body] = stored.parts;
  expect([status, body]).toEqual([200, "thanks"]);
});
