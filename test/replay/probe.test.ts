import { AsyncLocalStorage } from "node:async_hooks";
import { buildWorkflows } from "../../lib/build/build-workflows";
import type { RunEvent } from "../../lib/contract/event";
import { comesToRest } from "../../lib/engine/probe";
import { createHostCodec } from "../../lib/engine/host-codec";
import { START, tempApp, workflowId } from "./world";

const SOURCE = `
export async function work() { "use step" }
export async function expression(length: number) {
  "use workflow";
  await null;
  return /^(a+)+$/.test("a".repeat(length) + "b");
}
export async function growing() {
  "use workflow";
  const all: unknown[] = [];
  for (;;) all.push(new Array(1000).fill(all.length));
}
export async function failing() { "use workflow"; throw new Error("no") }
`;

async function request(name: string, ...args: unknown[]) {
  const { bundle } = await buildWorkflows({ cwd: tempApp({ "workflows/test.ts": SOURCE }) });
  const input = createHostCodec().encode(args, "workflow arguments");
  const workflow = workflowId(name);
  const events: RunEvent[] = [
    { type: "run_created", at: START, runId: "wrun_a", workflow, bundle: bundle.hash, input },
    { type: "run_started", at: START },
  ];
  return { code: bundle.code, hash: bundle.hash, events };
}

test("a regular expression that never ends is found, and the process lives on (R1)", async () => {
  // On Node 20 and 22 a time limit of node:vm would abort a process that does this.
  await new AsyncLocalStorage<string>().run("store", async () => {
    expect(await comesToRest(await request("expression", 60), 1500)).toBe(false);
  });
});

test("code that fills the memory does not come to rest, and takes nobody with it", async () => {
  expect(await comesToRest(await request("growing"), 60_000)).toBe(false);
}, 90_000);

test("code that comes to rest passes, whether it completes or fails", async () => {
  expect(await comesToRest(await request("expression", 5), 30_000)).toBe(true);
  expect(await comesToRest(await request("failing"), 30_000)).toBe(true);
});
