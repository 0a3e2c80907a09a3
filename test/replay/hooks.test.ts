import type { CompiledBundle } from "../../lib/replay/sandbox";
import { replay } from "../../lib/replay/replay";
import { expectPrefixesToReplay, expectSameEverywhere } from "./expect-replay";
import { bundleOf, TestWorld, workflowId, type WorldOptions } from "./world";

const SOURCE = `
import { createHook, createWebhook, defineHook, sleep } from "everstep";
export async function work(n: unknown) { "use step"; return n }

export async function thrice() {
  "use workflow";
  const hook = createHook<string>({ token: "mine" });
  return [await hook, await hook, await hook];
}
export async function iterate(most: number) {
  "use workflow";
  const hook = createHook<number>();
  const seen: unknown[] = [];
  for await (const n of hook) {
    seen.push(await work(n));
    if (seen.length === most) break;
  }
  return seen;
}
export async function early() {
  "use workflow";
  const hook = createHook();
  await work("long");
  return [await hook, await hook];
}
export async function timeouts(form: string) {
  "use workflow";
  const hook = createHook<string>();
  const seen: string[] = [];
  const iterator = hook[Symbol.asyncIterator]();
  const kept = form === "kept" ? hook.then((value) => value) : undefined;
  while (seen.length < 5) {
    const contender =
      form === "hook" ? hook
      : form === "then" ? hook.then((value) => value)
      : form === "kept" ? kept
      : iterator.next();
    const winner: any = await Promise.race([contender, sleep("1s").then(() => "late")]);
    seen.push(form === "next" && winner !== "late" ? winner.value : winner);
    if (winner !== "late") break;
  }
  return seen;
}
export async function anyOf() {
  "use workflow";
  const [a, b] = [createHook<string>({ name: "a" }), createHook<string>({ name: "b" })];
  return [await Promise.any([a, b]), await a, await b];
}
export async function reverse() {
  "use workflow";
  return Promise.all([createHook({ name: "a" }), createHook({ name: "b" })]);
}
export async function conflict() {
  "use workflow";
  const hook = createHook({ token: "taken" });
  const owner = await hook.getConflict();
  const caught = await hook.then(() => "no", (error) => [error.name, error.code, error.message]);
  return { owner, caught };
}
export async function owned() {
  "use workflow";
  const hook = createHook({ token: "free" });
  return [await hook.getConflict(), await hook.getConflict()];
}
export async function disposed() {
  "use workflow";
  let token = "";
  {
    using hook = createHook({ token: "short" });
    token = hook.token;
    hook.dispose();
  }
  const ended: unknown[] = [];
  const hook = createHook();
  const loop = (async () => { for await (const each of hook) ended.push(each) })();
  await work(1);
  hook.dispose();
  await loop;
  await work(2);
  return { token, ended };
}
export async function order() {
  "use workflow";
  const hook = createHook<string>();
  const seen: unknown[] = [];
  await Promise.all([
    work("a").then((value) => seen.push(value)),
    hook.then((value) => seen.push(value)),
    work("b").then((value) => seen.push(value)),
    sleep("3s").then(() => seen.push("slept")),
  ]);
  return seen;
}
export async function loops() {
  "use workflow";
  const tokens: string[] = [];
  for (let n = 0; n < 3; n++) {
    const hook = createHook({ metadata: { n } });
    tokens.push(hook.token);
    await hook;
  }
  return tokens;
}
const approval = defineHook<{ ok: boolean }>();
export async function defined() {
  "use workflow";
  const refused = await (async () => approval.resume("a", 1))().catch((error) => error.message);
  return [(await approval.create({ token: "approval" })).ok, refused];
}
export async function unserializable() {
  "use workflow";
  try { createHook({ metadata: { order: { send: () => 1 } } }) } catch (error) { return error.message }
}
const doubled = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (n: unknown) => (typeof n === "number" ? { value: n * 2 } : { issues: [{ message: "no" }] }),
    jsonSchema: { input: ({ target }: { target: string }) => ({ type: "number", title: target }) },
  },
};
export async function schema() {
  "use workflow";
  const hook = createHook({ schema: doubled as never });
  const heard: unknown[] = [];
  for (let n = 0; n < 3; n++) heard.push(await hook.then((value) => value, (error) => error.code));
  return heard;
}
export async function one() {
  "use workflow";
  const hook = createHook<string>({ once: true });
  const first = await hook;
  return [first, await Promise.race([hook, sleep("1h").then(() => "nothing more")])];
}
export async function web() {
  "use workflow";
  const webhook = createWebhook({ token: "a/b" });
  const wrong = (() => { try { createWebhook({ respondWith: 5 as never }) } catch (e) { return e.message } })();
  return [webhook.url, webhook.token, wrong, await webhook];
}
`;

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

const STEPS = { work: (n: unknown) => n };

/** Sends each payload so many milliseconds after its hook was created. */
function sending(...payloads: [unknown, number][]): Partial<WorldOptions> {
  return {
    onHook: (hook, world) => {
      for (const [payload, inMs] of payloads) world.send(hook, payload, inMs);
    },
  };
}

function script(name: string, more: Partial<WorldOptions> = {}): WorldOptions {
  return { workflow: workflowId(name), steps: STEPS, ...more };
}

function run(name: string, more: Partial<WorldOptions> = {}): TestWorld {
  return expectSameEverywhere(bundle, script(name, more));
}

test("awaiting a hook three times gives three payloads in order (HK-04, C242)", () => {
  expect(run("thrice", sending(["a", 1], ["b", 2], ["c", 3])).result()).toEqual(["a", "b", "c"]);
});

test("iterating gives each payload once, and leaving early drops the rest (HK-05)", () => {
  const payloads = sending([1, 1], [2, 1], [3, 1], [4, 1]);
  expect(run("iterate", { ...payloads, args: [3] }).result()).toEqual([1, 2, 3]);
});

test("a thousand payloads reach one loop in order (C279)", () => {
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  const payloads = sending(...numbers.map((n): [unknown, number] => [n, n % 7]));
  const world = new TestWorld(bundle, script("iterate", { ...payloads, args: [1000] })).run();
  const expected = [...numbers].sort((a, b) => (a % 7) - (b % 7));
  expect(world.result()).toEqual(expected);
  expectPrefixesToReplay(world, 97);
});

test("payloads that come before anyone waits are kept (HK-06, HK-08, C260)", () => {
  const payloads = sending([{ a: 1 }, 1], [undefined, 2]);
  expect(run("early", { ...payloads, stepMs: () => 50 }).result()).toEqual([{ a: 1 }, undefined]);
});

test.each(["hook", "then", "kept", "next"])(
  "after three lost races the payload reaches the race that is on (A4): %s",
  (form) => {
    const world = run("timeouts", { ...sending(["now", 3500]), args: [form] });
    expect(world.result()).toEqual(["late", "late", "late", "now"]);
  },
);

test("a payload on the deadline falls to whoever is first in the log, on every replay (A2, C126)", () => {
  for (const inMs of [999, 1000, 1001]) {
    const result = run("timeouts", { ...sending(["now", inMs]), args: ["hook"] }).result();
    expect(result).toContain("now");
  }
});

test("Promise.any leaves nothing behind on a hook that lost", () => {
  const world = run("anyOf", {
    onHook: (hook, world) => {
      world.send(hook, `first ${hook.options.name}`, hook.options.name === "a" ? 9 : 1);
      world.send(hook, `second ${hook.options.name}`, 20);
    },
  });
  expect(world.result()).toEqual(["first b", "first a", "second b"]);
});

test("results of Promise.all stand in the order of its arguments (C277)", () => {
  const onHook: WorldOptions["onHook"] = (hook, world) =>
    world.send(hook, hook.options.name, hook.options.name === "a" ? 9 : 1);
  expect(run("reverse", { onHook }).result()).toEqual(["a", "b"]);
});

test("steps, payloads and sleeps settle in the order of the log (RP-04, HK-25, C125)", () => {
  const stepMs = (_: unknown, nth: number) => [40, 10][nth]!;
  expect(run("order", { ...sending(["hook", 20]), stepMs }).result()).toEqual([
    "b",
    "hook",
    "a",
    "slept",
  ]);
});

test("a hook in a loop is another hook each time, with a token of its own (A5)", () => {
  const tokens = run("loops", sending(["x", 1])).result() as string[];
  expect(new Set(tokens).size).toBe(3);
});

test("metadata is stored with the hook, not in its payloads (HK-09)", () => {
  const world = run("loops", sending(["x", 1]));
  const metadata = world.hooks().map(({ options }) => world.codec.decode(options.metadata!));
  expect(metadata).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
});

test("metadata that cannot travel is refused at the call, with its path", () => {
  expect(run("unserializable").result()).toMatch(/hook metadata at path "\.order\.send"/);
});

test("a generated token is the one in the log, whatever a replay would generate (W4)", () => {
  const world = run("loops", sending(["x", 1]));
  const services = { ...world.options.services, newToken: () => "another" };
  const outcome = replay(world.log, { ...world.options, services });
  expect(outcome).toMatchObject({ status: "completed" });
});

test("who has the token is known when the creation is in the log (HK-20)", () => {
  expect(run("owned").result()).toEqual([null, null]);
});

test("a token in use rejects whoever awaits the hook, and names the run (HK-17)", () => {
  const world = new TestWorld(bundle, script("conflict"));
  const created = world.log.pop();
  if (created?.type !== "hook_created") throw new Error("No hook");
  const { at, call, digest, token } = created;
  const conflicted = { type: "hook_conflicted", at, call, digest, token, ownerRunId: "wrun_b" };
  const log = [...world.log, conflicted as never];
  const outcome = replay(log, world.options);
  if (outcome.status !== "completed") throw new Error(JSON.stringify(outcome));
  expect(world.codec.decode(outcome.output)).toEqual({
    owner: { runId: "wrun_b" },
    caught: [
      "HookConflictError",
      "HOOK_CONFLICT",
      expect.stringContaining(
        'Hook token "taken" is already in use by another workflow (run "wrun_b")',
      ),
    ],
  });
});

test("disposing releases the hook once, and ends loops over it (HK-21, C256)", () => {
  const world = run("disposed");
  expect(world.result()).toEqual({ token: "short", ended: [] });
  expect(world.log.filter(({ type }) => type === "hook_disposed")).toHaveLength(2);
});

test("a payload behind the disposal of its hook is a fact that the code does not see", () => {
  const world = run("disposed");
  const disposed = world.log.findIndex(({ type }) => type === "hook_disposed");
  const { at, call } = world.log[disposed] as { at: number; call: string };
  const late = { type: "hook_received", at, call, payload: '1j"late"' } as const;
  const log = [...world.log.slice(0, disposed + 1), late, ...world.log.slice(disposed + 1)];
  const outcome = replay(log, world.options);
  if (outcome.status !== "completed") throw new Error(JSON.stringify(outcome));
  expect(world.codec.decode(outcome.output)).toEqual(world.result());
});

test("a schema is stored as JSON Schema, and asked for every payload that comes, on every replay", () => {
  const world = run("schema", sending([1, 1], ["two", 2], [3, 3]));
  expect(world.result()).toEqual([2, "HOOK_PAYLOAD_INVALID", 6]);
  const [hook] = world.hooks();
  expect(hook!.options.schema).toBe('{"type":"number","title":"draft-2020-12"}');
});

test("a hook for one payload gives one, whatever is in the log", () => {
  const world = run("one", sending(["a", 1], ["b", 2]));
  expect(world.result()).toEqual(["a", "nothing more"]);
});

test("defineHook creates hooks in a workflow and refuses to resume there (HK-22)", () => {
  const [payload, message] = run("defined", sending([{ ok: true }, 1])).result() as [
    boolean,
    string,
  ];
  expect(payload).toBe(true);
  expect(message.split("\n")[0]).toBe(
    "`defineHook().resume()` can only be called from external contexts (e.g. API routes).",
  );
});

test("a webhook has an address, and checks how it is to be answered (WH-02, WH-13)", () => {
  expect(run("web", sending(["request", 1])).result()).toEqual([
    "http://localhost:3000/.well-known/workflow/v1/webhook/a%2Fb",
    "a/b",
    "Invalid `respondWith` value: 5",
    "request",
  ]);
});
