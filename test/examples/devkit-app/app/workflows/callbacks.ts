import { createWebhook, getWritable, type RequestWithResponse } from "workflow";

export async function callbacks() {
  "use workflow";
  const notice = createWebhook();
  const question = createWebhook({ respondWith: "manual" });
  await publish(getWritable<string>(), [notice.url, question.url]);

  const request = await notice;
  const body = await request.text();
  const method = request.method;
  const signature = request.headers.get("x-signature");

  const asked = await reply(await question);
  return { method, body, signature, asked };
}

async function publish(writable: WritableStream<string>, lines: string[]) {
  "use step";
  const writer = writable.getWriter();
  for (const line of lines) await writer.write(line);
  writer.releaseLock();
}

async function reply(request: RequestWithResponse) {
  "use step";
  const { name } = (await request.json()) as { name: string };
  const headers = { "content-type": "text/plain", "x-for": name };
  await request.respondWith(new Response(`Hello, ${name}`, { status: 201, headers }));
  return name;
}
