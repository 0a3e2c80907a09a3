/** Steps that behave as nobody expects: what they throw, what they read, that they never end. */
import { getRun, type Run } from "../../lib/api";
import type { RunEvent } from "../../lib/contract/event";
import { openApp, runOf, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
import { getStepMetadata } from "everstep";
export const host = { isBroken: false };
export const calls = [];
export async function add(a, b) { "use step"; return a + b; }
export async function adds() { "use workflow"; return add(1, 2); }

export class Money {
  constructor(cents) { this.cents = cents; }
  static [Symbol.for("workflow-serialize")](money) { return money.cents; }
  static [Symbol.for("workflow-deserialize")](cents) {
    if (host.isBroken) throw new TypeError("no such currency");
    return new Money(cents);
  }
}
export async function pay(money) { "use step"; calls.push("pay"); return money.cents; }
export async function pays() { "use workflow"; return pay(new Money(5)); }

function thrown(kind) {
  const error = new Error("odd");
  const throwing = (name) => Object.defineProperty(error, name, { get() { throw new Error("no"); } });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const kinds = {
    "name that throws": () => throwing("name"),
    "revoked proxy": () => proxy,
    "retryAfter that throws": () => Object.assign(throwing("retryAfter"), { name: "RetryableError" }),
    "retryAfter that is no number": () =>
      Object.assign(error, { name: "RetryableError", retryAfter: Object.create(null) }),
    "toJSON without a value": () => ({ toJSON() { return undefined; } }),
    "message of 30 MB": () => new Error("x".repeat(30e6)),
  };
  return kinds[kind]();
}
export async function throwsOdd(kind) { "use step"; calls.push(kind); throw thrown(kind); }
throwsOdd.maxRetries = 1;
throwsOdd.backoff = 1;
export async function odd(kind) {
  "use workflow";
  try { await throwsOdd(kind); } catch (error) { return error.message; }
}

export async function hangs(name) { "use step"; calls.push(name); await new Promise(() => undefined); }
export async function overtime() { "use step"; calls.push("overtime"); await new Promise(() => undefined); }
overtime.timeout = 1;
overtime.maxRetries = 0;
export async function hanging(name) { "use workflow"; await hangs(name); }
export async function late() {
  "use workflow";
  try { await overtime(); } catch (error) { return error.message; }
}

let arrived = 0;
let meet;
const met = new Promise((resolve) => (meet = resolve));
export async function meets() { "use step"; if (++arrived === 2) meet(); await met; return arrived; }
export async function meeting() { "use workflow"; return meets(); }

export async function once() {
  "use step";
  calls.push("once");
  const { signal } = getStepMetadata();
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}
once.maxRetries = 0;
export async function triesOnce() {
  "use workflow";
  try { await once(); } catch (error) { return error.code + ": " + error.message; }
}

export async function poison() { "use step"; calls.push("poison"); return "a".repeat(40) + "!"; }
export async function poisoned() { "use workflow"; return /^(a+)+$/.test(await poison()); }
`;

// Runs are started here while nobody executes, which is worth a warning.
beforeEach(() => void jest.spyOn(console, "warn").mockImplementation(() => undefined));

let app: TestApp;
afterEach(() => app.stop());

const calls = () => app.exports.calls as unknown as string[];
const host = () => app.exports.host as unknown as { isBroken: boolean };
const isParked = async (run: Run) => (await run.explain()).startsWith("The run is parked");
const positionOf = async ({ runId }: Run) => (await app.world.runs.get(runId))!.position;

async function typesOf(run: Run): Promise<RunEvent["type"][]> {
  const types: RunEvent["type"][] = [];
  for await (const { event } of run.events()) types.push(event.type);
  return types;
}

test("E7: a step whose arguments cannot be read parks the run, which goes on when they can", async () => {
  app = await openApp(SOURCE);
  host().isBroken = true;
  const run = await startOf(app, "pays");
  await until(() => isParked(run));
  expect(await run.explain()).toMatch(/^The run is parked \(CLASS_THREW\): .*no such currency/);
  const types = await typesOf(run);
  expect(types.slice(2)).toEqual(["step_created", "step_started", "step_interrupted"]);
  // Others come and go, and it stays where it is.
  for (let n = 0; n < 3; n++) await runOf(app, "adds");
  expect(await positionOf(run)).toBe(types.length);
  await run.wakeUp();
  await until(async () => (await positionOf(run)) > types.length);
  await until(() => isParked(run));
  expect(await positionOf(run)).toBeLessThanOrEqual(types.length + 2);
  host().isBroken = false;
  await run.wakeUp();
  expect(await run.returnValue).toBe(5);
  expect(calls()).toEqual(["pay"]);
});

test.each([
  ["name that throws", /What was thrown cannot be read: /],
  ["revoked proxy", /What was thrown cannot be read: /],
  ["retryAfter that throws", /after 1 retry: odd$/],
  ["retryAfter that is no number", /after 1 retry: odd$/],
  ["toJSON without a value", /after 1 retry: an? /],
  ["message of 30 MB", /after 1 retry: x{16384}… \(cut, it had 30,000,000 characters\)$/],
])("ST-12: a thrown %s ends the attempt, and its slot is free", async (kind, message) => {
  app = await openApp(SOURCE, { concurrency: 1 });
  expect(await runOf(app, "odd", kind)).toMatch(message);
  expect(calls()).toEqual([kind, kind]);
  expect(await runOf(app, "adds")).toBe(3);
});

test("ST-12: what is kept of a failure that is too long is short everywhere", async () => {
  app = await openApp(SOURCE);
  const run = await startOf(app, "odd", "message of 30 MB");
  await run.returnValue;
  for await (const { event } of run.events()) {
    expect(JSON.stringify(event).length).toBeLessThan(500_000);
  }
  for (const line of app.said) expect(line.length).toBeLessThan(500_000);
});

test("ST: bodies that never end give their slots back, cancelled or out of time", async () => {
  app = await openApp(SOURCE, { concurrency: 2 });
  const run = await startOf(app, "hanging", "hangs");
  expect(await runOf(app, "late")).toContain("took longer than 1 ms");
  await until(() => calls().includes("hangs"));
  await run.cancel();
  const before = performance.now();
  expect(await Promise.all([runOf(app, "meeting"), runOf(app, "meeting")])).toEqual([2, 2]);
  expect(performance.now() - before).toBeLessThan(7_000);
});

test("E6: a step that may be tried once is not tried again after a stop that broke it off", async () => {
  app = await openApp(SOURCE);
  const run = await startOf(app, "triesOnce");
  await until(() => calls().includes("once"));
  await app.restart();
  const again = getRun<string>(run.runId);
  expect(await again.returnValue).toMatch(/^STEP_LOST: Step "step\/\/.*\/\/once" was lost: /);
  expect(calls()).toEqual(["once"]);
  expect(await typesOf(again)).not.toContain("step_retrying");
});

test("R1, P3: a result that makes the workflow block is kept, and its step does not run again", async () => {
  app = await openApp(SOURCE, { limits: { turnMs: 1_000 } });
  await app.runtime.stop();
  const { runId } = await startOf(app, "poisoned");
  await app.world.dispatch.strike(runId);
  await app.restart();
  const run = getRun(runId);
  await until(() => isParked(run));
  expect(await run.explain()).toContain("(TURN_TIME_EXCEEDED)");
  const types = await typesOf(run);
  expect(types.at(-1)).toBe("step_completed");
  const said = () => app.said.filter((line) => line.includes("is parked")).length;
  const before = [said(), await positionOf(run)];
  await run.wakeUp();
  await until(async () => said() > before[0]! || (await positionOf(run)) > before[1]!);
  await until(() => isParked(run));
  expect(calls()).toEqual(["poison"]);
  expect(await typesOf(run)).toEqual(types);
});
