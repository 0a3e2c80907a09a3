/** Steps as their users see them: ST, MD, ER. */
import { start } from "../../lib/api";
import { openApp, type TestApp } from "./test-app";

const SOURCE = `
import { sleep, FatalError, RetryableError, getStepMetadata, getWorkflowMetadata } from "everstep";

export async function add(a, b) { "use step"; return a + b; }

export async function sum(a, b) {
  "use workflow";
  let total = 0;
  for (let i = 0; i < 5; i++) total = await add(total, a + b);
  return total;
}

export async function fan(count) {
  "use workflow";
  const all = await Promise.all(Array.from({ length: count }, (_, n) => add(n, 1)));
  return all.length;
}
`;

let app: TestApp;
beforeAll(async () => {
  app = await openApp(SOURCE);
});
afterAll(() => app.stop());

test("ST-01: a run goes through its steps", async () => {
  const run = await start(app.exports.sum as never, [1, 2] as never);
  expect(await run.returnValue).toBe(15);
  expect(await run.status).toBe("completed");
});

test("fan-out", async () => {
  const run = await start(app.exports.fan as never, [250] as never);
  expect(await run.returnValue).toBe(250);
});
