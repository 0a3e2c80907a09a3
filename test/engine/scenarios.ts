/** Workflows with all that a run can do, and how each ends, whatever happens on the way. */
export const SCENARIO_SOURCE = `
import { sleep, createHook, FatalError, RetryableError, getStepMetadata, getWorkflowMetadata } from "everstep";
import { start } from "everstep/api";

export async function add(a, b) { "use step"; return a + b; }
export async function pause(ms, value) {
  "use step"; await new Promise((resolve) => setTimeout(resolve, ms)); return value;
}
export async function flaky(failures) {
  "use step";
  if (getStepMetadata().attempt <= failures) throw new Error("not yet");
  return "at last";
}
flaky.backoff = 2;
flaky.maxRetries = 5;
export async function refuse() { "use step"; throw new FatalError("refused"); }

export async function sequence() {
  "use workflow";
  let total = 0;
  for (let n = 1; n <= 6; n++) total = await add(total, n);
  return total;
}
export async function fan() {
  "use workflow";
  const all = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((n) => add(n, n)));
  return all.join();
}
export async function nested() {
  "use workflow";
  const groups = await Promise.all([1, 2, 3].map(async (n) => {
    const one = await add(n, 1);
    return Promise.all([add(one, 10), add(one, 20)]);
  }));
  return JSON.stringify(groups);
}
export async function race() {
  "use workflow";
  const first = await Promise.race([pause(60, "step"), sleep(5).then(() => "sleep")]);
  return [first, await add(1, 1)].join();
}
export async function retries() { "use workflow"; return flaky(2); }
export async function caught() {
  "use workflow";
  try { await refuse(); } catch (error) { return error.message; }
}
export async function uncaught() { "use workflow"; await add(1, 2); await refuse(); }
export async function naps() {
  "use workflow";
  const before = Date.now();
  for (let n = 0; n < 3; n++) { await sleep(8); await add(n, n); }
  return Date.now() - before >= 24;
}
export async function chance() {
  "use workflow";
  const first = [Math.random(), crypto.randomUUID()];
  await add(1, 1);
  const second = await add(0, first[0]);
  return second === first[0] && first[1].length === 36;
}
export async function conversation() {
  "use workflow";
  const hook = createHook({ token: "talk:" + getWorkflowMetadata().workflowRunId });
  const heard = [];
  for (let n = 0; n < 3; n++) { heard.push(await hook); await add(n, n); }
  return heard.join();
}
export async function member(n) { "use workflow"; await sleep(3); return add(n, n); }
export async function startMember(n) { "use step"; return start(member, [n]); }
export async function family() {
  "use workflow";
  const runs = await Promise.all([1, 2, 3].map((n) => startMember(n)));
  return (await Promise.all(runs.map((run) => run.returnValue))).join();
}
export async function many() {
  "use workflow";
  let total = 0;
  await Promise.all(Array.from({ length: 30 }, async (_, n) => {
    if (n % 3 === 0) await sleep(n % 7);
    const value = await add(n, 0);
    total += value;
  }));
  return total;
}
`;

export interface Scenario {
  workflow: string;
  /** What the run returns, or the failure that it ends with. */
  expected: unknown;
  /** Payloads that its hook is sent. */
  payloads?: unknown[];
}

export const SCENARIOS: readonly Scenario[] = [
  { workflow: "sequence", expected: 21 },
  { workflow: "fan", expected: "2,4,6,8,10,12,14,16" },
  { workflow: "nested", expected: "[[12,22],[13,23],[14,24]]" },
  { workflow: "race", expected: "sleep,2" },
  { workflow: "retries", expected: "at last" },
  { workflow: "caught", expected: "refused" },
  { workflow: "uncaught", expected: "refused" },
  { workflow: "naps", expected: true },
  { workflow: "chance", expected: true },
  { workflow: "conversation", expected: "a,b,c", payloads: ["a", "b", "c"] },
  { workflow: "many", expected: 435 },
  { workflow: "family", expected: "2,4,6" },
];
