import { createWebhook, getWritable, type RequestWithResponse } from "everstep";

export async function order(id: string, amount: number) {
  "use workflow";
  // Whoever reports a payment wants to hear that it was noted, and nothing else.
  const payments = createWebhook({
    respondWith: new Response(`payment for ${id} noted\n`, { headers: { "x-order": id } }),
  });
  // Whoever gives an address hears whether it will do: a step answers.
  const addresses = createWebhook({ respondWith: "manual" });
  await publish({ payments: payments.url, addresses: addresses.url });

  let paid = 0;
  while (paid < amount) paid += (await (await payments).json()).amount;

  let city: string | null = null;
  while (city === null) city = await checkAddress(id, await addresses);
  return { id, paid, city };
}

async function checkAddress(id: string, request: RequestWithResponse): Promise<string | null> {
  "use step";
  const { city } = (await request.json()) as { city?: string };
  if (city) await request.respondWith(Response.json({ id, city }, { status: 201 }));
  else await request.respondWith(Response.json({ error: "Name a city." }, { status: 422 }));
  return city ?? null;
}

/** Where the webhooks are; in earnest the payment provider is told. */
async function publish(urls: { payments: string; addresses: string }) {
  "use step";
  const writer = getWritable<typeof urls>().getWriter();
  await writer.write(urls);
  writer.releaseLock();
}
