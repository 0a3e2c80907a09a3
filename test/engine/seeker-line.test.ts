/** Who gets the next slot: runs of one workflow in order, and the workflows in turn. */
import { SeekerLine } from "../../lib/engine/seeker-line";
import type { SlotSeeker } from "../../lib/engine/slots";
import { openApp, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
export const order = [];
export async function works(name) {
  "use step";
  await new Promise((resolve) => setTimeout(resolve, 1));
  order.push(name);
}
export async function many() { "use workflow"; await works("many"); }
export async function few() { "use workflow"; await works("few"); return "done"; }
`;

let app: TestApp | undefined;
afterEach(() => app?.stop());

function seekerOf(workflow: string): SlotSeeker {
  return { workflow, wake: () => undefined };
}

test("workflows are served in turn, and the runs of each in the order in which they came", () => {
  const line = new SeekerLine();
  const [a1, a2, a3, b1, b2] = [..."aaabb"].map(seekerOf);
  for (const seeker of [a1!, a2!, a3!, b1!, b2!, a1!]) line.add(seeker);
  expect(line.size).toBe(5);
  expect([line.shift(), line.shift(), line.shift()]).toEqual([a1, b1, a2]);
  line.delete(b2!);
  line.add(a1!);
  expect([line.has(b2!), line.has(a3!)]).toEqual([false, true]);
  expect([line.shift(), line.shift(), line.shift()]).toEqual([a3, a1, undefined]);
  expect(line.size).toBe(0);
});

test("a few runs of one workflow are not behind hundreds of another", async () => {
  app = await openApp(SOURCE, { concurrency: 2 });
  const order = app.exports.order as unknown as string[];
  const many = await Promise.all(Array.from({ length: 400 }, () => startOf(app!, "many")));
  await until(() => order.length > 4);
  const few = await Promise.all(Array.from({ length: 5 }, () => startOf(app!, "few")));
  await Promise.all(few.map((run) => run.returnValue));
  const last = order.lastIndexOf("few");
  await Promise.all(many.map((run) => run.returnValue));
  expect(last).toBeLessThan(380);
  expect(order.slice(last).filter((name) => name === "many").length).toBeGreaterThan(20);
});
