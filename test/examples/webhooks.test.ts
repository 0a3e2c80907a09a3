/** The example of both kinds of replies. */
import { postJson, startExample, untilCompleted } from "./example-server";

test("payments get the same answer at once, addresses get that of a step", async () => {
  const server = await startExample("webhooks");
  const { json } = await postJson(`${server.url}/orders`, { id: "A1", amount: 30 });
  const { payments, addresses } = json["urls"] as unknown as Record<string, string>;
  expect(payments).toMatch(new RegExp(`^${server.url}/\\.well-known/workflow/v1/webhook/.{20,}$`));
  const post = (url: string | undefined, body: unknown) =>
    fetch(url!, { method: "POST", body: JSON.stringify(body) });

  for (const amount of [10, 20]) {
    const answer = await post(payments, { amount });
    expect([answer.status, answer.headers.get("x-order")]).toEqual([200, "A1"]);
    expect(await answer.text()).toBe("payment for A1 noted\n");
  }
  const refused = await post(addresses, { street: "Main St" });
  expect([refused.status, await refused.json()]).toEqual([422, { error: "Name a city." }]);
  const accepted = await post(addresses, { city: "Turin" });
  expect([accepted.status, await accepted.json()]).toEqual([201, { id: "A1", city: "Turin" }]);
  const order = await untilCompleted(`${server.url}/orders/${String(json["runId"])}`);
  expect(order["result"]).toEqual({ id: "A1", paid: 30, city: "Turin" });
  expect([404, 410]).toContain((await post(payments, { amount: 1 })).status);
  await server.stop();
});
