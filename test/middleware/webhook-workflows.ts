/** What the tests of the HTTP contract run. */
export const WEBHOOK_WORKFLOWS = `
  import { createHook, createWebhook, getWorkflowMetadata } from "everstep";

  /** What came, by token. */
  export const seen = {};

  export async function keep(token, request) {
    "use step";
    const bytes = Buffer.from(await request.arrayBuffer());
    const { method, url } = request;
    const headers = Object.fromEntries(request.headers);
    (seen[token] ??= []).push({ method, url, headers, bytes });
  }

  export async function receives(token, count) {
    "use workflow";
    const hook = createWebhook({ token });
    for (let index = 0; index < count; index++) await keep(token, await hook);
  }

  export async function answers(token, count, body, init) {
    "use workflow";
    const hook = createWebhook({ token, respondWith: new Response(body, init) });
    for (let index = 0; index < count; index++) await hook;
  }

  export async function reply(request, how) {
    "use step";
    const headers = [["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2"], ["x-kind", how]];
    if (how === "binary") {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await request.respondWith(new Response(bytes, { status: 201, headers }));
    } else if (how === "none") {
      await request.respondWith(new Response(null, { status: 204, headers }));
    } else {
      let count = 0;
      const body = new ReadableStream({
        pull(controller) {
          if (count === 100) return controller.close();
          controller.enqueue(new TextEncoder().encode("piece " + count++ + "\\n"));
        },
      });
      await request.respondWith(new Response(body, { headers }));
    }
  }

  export async function replies(token, hows) {
    "use workflow";
    const hook = createWebhook({ token, respondWith: "manual" });
    for (const how of hows) await reply(await hook, how);
  }

  export async function staysSilent(token) {
    "use workflow";
    await createWebhook({ token, respondWith: "manual" });
  }

  export async function keepsWaiting(token) {
    "use workflow";
    const hook = createWebhook({ token, respondWith: "manual" });
    await hook;
    await createHook({ token: token + ":end" });
  }

  export async function takesOne(token) {
    "use workflow";
    const hook = createWebhook({ token, once: true });
    await hook;
    await createHook({ token: token + ":end" });
  }

  export async function takesGenerated() {
    "use workflow";
    await createWebhook();
  }

  export async function noWebhook(token) {
    "use workflow";
    await createHook({ token });
  }

  export async function address(token) {
    "use workflow";
    const hook = createWebhook({ token });
    return [hook.url, getWorkflowMetadata().url];
  }

  export async function count() {
    "use step";
    return 1;
  }

  export async function counts() {
    "use workflow";
    return count();
  }
`;
