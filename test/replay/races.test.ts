/** Hooks in races: each payload reaches exactly one place, whoever wins (HK-04, P1, user need A4). */
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { expectSameEverywhere } from "./expect-replay";
import { bundleOf, type WorldOptions, workflowId } from "./world";

const SOURCE = `
import { createHook, sleep } from "everstep";
export async function work(value: unknown) { "use step"; return value }
const later = (name: string) => sleep("1m").then(() => name);

export async function buffered() {
  "use workflow";
  const hook = createHook<string>();
  const jobs = [work(1), work(2), work(3)];
  await sleep("1s");
  const seen: unknown[] = [];
  for (const job of jobs) seen.push(await Promise.race([job, hook]));
  for (let n = 0; n < 3; n++) seen.push(await Promise.race([hook, later("late")]));
  return seen;
}
export async function merged() {
  "use workflow";
  const [one, other] = [createHook<string>(), createHook<string>()];
  await sleep("1s");
  const seen: string[] = [];
  for (let n = 0; n < 6; n++) seen.push(await Promise.race([one, other]));
  return seen;
}
export async function any() {
  "use workflow";
  const hook = createHook<string>();
  await sleep("1s");
  const won = await Promise.any([Promise.reject(new Error("no")), Promise.resolve("won"), hook]);
  return [won, await hook, await Promise.any([hook, later("late")])];
}
export async function twice() {
  "use workflow";
  const hook = createHook<string>();
  await sleep("1s");
  const won = await Promise.race(["won", hook, hook]);
  return [won, await hook, await hook, await hook];
}
export async function waiting() {
  "use workflow";
  const hook = createHook<string>();
  await sleep("1s");
  const race = Promise.race(["won", hook, hook, hook]);
  const own = hook.then((value) => "own " + value);
  return [await race, await own];
}
export async function thrown() {
  "use workflow";
  const hook = createHook<string>();
  const values = function* () { yield hook; throw new Error("no values") };
  const texts: string[] = [];
  for (const name of ["race", "any"] as const) {
    await (Promise as any)[name](values()).catch((error: Error) => texts.push(error.message));
    await (Promise as any)[name](5).catch((error: Error) => texts.push(error.name));
  }
  return texts;
}
export async function subclass() {
  "use workflow";
  class Mine<T> extends Promise<T> {}
  const hook = createHook<string>();
  await sleep("1s");
  const race = Mine.race([work(1), hook]);
  return [race instanceof Mine, await race];
}
`;

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

function run(name: string, payloads = ["a", "b", "c"], more: WorldOptions = {}): unknown {
  return expectSameEverywhere(bundle, {
    workflow: workflowId(name),
    steps: { work: (value: unknown) => value },
    onHook: (hook, world) => {
      payloads.forEach((payload, n) => world.send(hook, payload, 1 + n));
    },
    ...more,
  }).result();
}

test("a payload that waits is not lost in a race that another contender wins", () => {
  expect(run("buffered")).toEqual([1, 2, 3, "a", "b", "c"]);
});

test("two hooks with payloads that wait lose none to each other", () => {
  expect((run("merged") as string[]).sort()).toEqual(["a", "a", "b", "b", "c", "c"]);
});

test("Promise.any puts back what it did not use", () => {
  expect(run("any")).toEqual(["won", "a", "b"]);
});

test("what a race puts back keeps its order", () => {
  expect(run("twice")).toEqual(["won", "a", "b", "c"]);
});

test("what a race puts back goes to whoever waits", () => {
  expect(run("waiting", ["a", "b", "c"])).toEqual(["won", "own a"]);
});

test("values that cannot be read reject the race with what they threw", () => {
  expect(run("thrown")).toEqual(["no values", "TypeError", "no values", "TypeError"]);
});

test("a race of a subclass is one of that class", () => {
  expect(run("subclass", ["a"])).toEqual([true, "a"]);
});
