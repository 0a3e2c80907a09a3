/** The example in which a person decides. */
import { getJson, newFolder, postJson, startExample, untilCompleted } from "./example-server";

test("an expense waits for a decision over a restart, takes one, and refuses all others", async () => {
  const dataDir = newFolder();
  const first = await startExample("approval-hook", { dataDir });
  const lunch = await postJson(`${first.url}/expenses`, { id: "lunch", amount: 30 });
  const taxi = await postJson(`${first.url}/expenses`, { id: "taxi", amount: 9 });
  await first.untilSaid("Please decide: lunch, 30");
  await first.untilSaid("Please decide: taxi, 9");
  await first.stop("SIGKILL");

  const server = await startExample("approval-hook", { dataDir });
  const decide = (id: string, body: unknown) =>
    postJson(`${server.url}/expenses/${id}/decision`, body);
  const open = await getJson(`${server.url}/decisions`);
  expect(open).toContainEqual({
    ...{ id: "lunch", question: "Is the expense lunch of 30 all right?" },
  });
  expect(await decide("dinner", { approved: true, by: "Ada" })).toMatchObject({ status: 404 });
  expect(await decide("lunch", { approved: "yes" })).toMatchObject({ status: 400 });
  expect(await decide("lunch", { approved: true, by: "Ada" })).toMatchObject({ status: 202 });
  expect([404, 409]).toContain((await decide("lunch", { approved: false, by: "Bob" })).status);
  expect(await decide("taxi", { approved: false, by: "Bob" })).toMatchObject({ status: 202 });
  const runOf = ({ json }: typeof lunch) => `${server.url}/runs/${String(json["runId"])}`;
  expect(await untilCompleted(runOf(lunch))).toMatchObject({
    result: "lunch: 30 paid, approved by Ada",
  });
  expect(await untilCompleted(runOf(taxi))).toMatchObject({ result: "taxi: refused by Bob" });
  expect(server.said().match(/Paying/g)).toHaveLength(1);
  await server.stop();
});
