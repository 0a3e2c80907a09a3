/** The app of the webhook tests. */
export const WEBHOOK_WORKFLOWS = `
  import { createWebhook, getStepMetadata } from "everstep";

  type Answering = Request & { respondWith(response: Response): Promise<void> };

  async function answerText(request: Answering, text: string) {
    "use step";
    await request.respondWith(new Response(text, { status: 201, statusText: "Made" }));
  }
  async function answerTwice(request: Answering) {
    "use step";
    await request.respondWith(new Response("first"));
    return getStepMetadata().stepId;
  }
  async function answerAgain(request: Answering) {
    "use step";
    return request.respondWith(new Response("second")).then(
      () => "answered",
      (error) => error.code,
    );
  }
  async function answerThenFail(request: Answering) {
    "use step";
    const { attempt } = getStepMetadata();
    await request.respondWith(new Response(\`attempt \${attempt}\`));
    if (attempt === 1) throw new Error("once more");
    return attempt;
  }
  async function answerRichly(request: Answering) {
    "use step";
    const headers = new Headers({ "x-kind": "rich" });
    headers.append("set-cookie", "a=1; Path=/");
    headers.append("set-cookie", "b=2");
    const body = new Uint8Array(await request.arrayBuffer()).reverse();
    await request.respondWith(new Response(body, { status: 418, headers }));
  }
  async function answerInPieces(request: Answering, pieces: number, size: number) {
    "use step";
    let n = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (n === pieces) return controller.close();
        await new Promise((resolve) => setTimeout(resolve, n === 0 ? 40 : 0));
        controller.enqueue(new Uint8Array(size).fill(n++));
      },
    });
    await request.respondWith(new Response(body));
  }
  async function measure(request: Request) {
    "use step";
    const bytes = await request.arrayBuffer();
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return { size: bytes.byteLength, digest: Buffer.from(digest).toString("hex") };
  }

  export async function accepts(token: string) {
    "use workflow";
    const request = await createWebhook({ token });
    const { method, url, headers } = request;
    const text = await request.text();
    return { method, url, text, type: headers.get("content-type"), many: headers.get("x-many") };
  }
  export async function answersAlike(token: string) {
    "use workflow";
    const respondWith = new Response("pay first", { status: 402, headers: { "x-a": "1" } });
    const webhook = createWebhook({ token, respondWith });
    await webhook;
    await webhook;
  }
  export async function answers(token: string, how: string) {
    "use workflow";
    const webhook = createWebhook({ token, respondWith: "manual" });
    const request = await webhook;
    if (how === "text") return answerText(request, await request.text());
    if (how === "twice") return [await answerTwice(request), await answerAgain(request)];
    if (how === "retry") return answerThenFail(request);
    if (how === "rich") return answerRichly(request);
    if (how === "pieces") return answerInPieces(request, 30, 10_000);
    if (how === "fail") throw new Error("no answer from here");
    if (how === "never") return await createWebhook({ token: token + " never" });
    try {
      await request.respondWith(new Response("from here"));
    } catch (error) {
      await answerText(request, (error as Error).message);
    }
  }
  export async function answersEach(token: string, count: number) {
    "use workflow";
    let n = 0;
    for await (const request of createWebhook({ token, respondWith: "manual" })) {
      await answerText(request, \`\${++n}: \${await request.text()}\`);
      if (n === count) return n;
    }
  }
  export async function readsAll(token: string) {
    "use workflow";
    const request = await createWebhook({ token });
    const copy = request.clone();
    const used = [request.bodyUsed];
    const json = await request.json();
    used.push(request.bodyUsed);
    const again = await request.text().catch((error) => error.name);
    return { json, copy: await copy.text(), used, again };
  }
  export async function readsForm(token: string) {
    "use workflow";
    const request = await createWebhook({ token });
    const form = await request.formData();
    const file = form.get("file") as File;
    return { name: form.get("name"), file: file.name, bytes: [...await file.bytes()] };
  }
  export async function measures(token: string) {
    "use workflow";
    const request = await createWebhook({ token });
    const [one, other] = [await measure(request), await measure(request)];
    return [one, other];
  }
  export async function once(token: string) {
    "use workflow";
    const request = await createWebhook({ token, once: true });
    await createWebhook({ token: token + " open" });
    return request.method;
  }
  export async function generated() {
    "use workflow";
    using webhook = createWebhook();
    console.log(webhook.url);
    return (await webhook).method;
  }
  export async function badOption() {
    "use workflow";
    try {
      createWebhook({ respondWith: "later" as never });
    } catch (error) {
      return (error as Error).message;
    }
  }
`;
