/** One file may hold a workflow, what starts it, and what executes it (IM-02, IM-03). */
import { RunContext } from "../../lib/replay/run-context";
import { bundleOf, testServices, workflowId } from "../replay/world";

const SOURCE = `
import { start, getRun, listRuns, resumeHook, getHookByToken, getWorld } from "everstep/api";
import { createRuntime, setWorld } from "everstep/runtime";
import { createEmbeddedWorld } from "everstep/embedded-world";

export async function main() {
  setWorld(createEmbeddedWorld({ dataDir: "data" }));
  await createRuntime().start();
  return (await start(order)).runId;
}
export async function order() {
  "use workflow";
  const texts = [];
  const calls = [start, getRun, listRuns, resumeHook, getHookByToken, getWorld, createRuntime];
  for (const call of [...calls, setWorld, createEmbeddedWorld]) {
    try { call(); } catch (error) { texts.push(error.message.split("\\n")[0]); }
  }
  return texts;
}
`;

test("what only callers may use is named when a workflow calls it", async () => {
  const bundle = await bundleOf(SOURCE);
  const context = new RunContext({ bundle, services: testServices() });
  const created = { type: "run_created", at: 1, runId: "wrun_1", bundle: "hash" } as const;
  context.apply({ ...created, workflow: workflowId("order"), input: "1j[]" });
  context.apply({ type: "run_started", at: 1 });
  const { ending } = context;
  const names = ["start", "getRun", "listRuns", "getHookByToken", "getWorld"];
  const texts = [...names, "createRuntime", "setWorld", "createEmbeddedWorld"].map(
    (name) => `The workflow environment doesn't allow this runtime usage of ${name}.`,
  );
  // HK-13
  texts.splice(3, 0, "`resumeHook()` can only be called from outside a workflow function");
  expect(ending).toEqual({ status: "completed", output: `1j${JSON.stringify(texts)}` });
  context.release();
});
