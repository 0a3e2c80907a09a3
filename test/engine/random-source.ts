/** The workflow that does what a plan says (random-plan.ts), in processes that are killed. */
export const PLAN_SOURCE = `
import { sleep, createHook, getStepMetadata, getWorkflowMetadata, FatalError } from "everstep";
import { start } from "everstep/api";

export async function work({ label, fails, ms }) {
  "use step";
  const [step, run] = [getStepMetadata(), getWorkflowMetadata()];
  await globalThis.crash.body(label, step, run, { ms });
  const isBroken = fails === "until mended" && !globalThis.crash.isMended(run);
  if (fails === "always" || isBroken) throw new FatalError("broken " + label);
  if (step.attempt <= fails) throw new Error("not yet " + label);
  return label;
}
work.maxRetries = 3;
work.backoff = 5;
export async function begin(plan, detach) {
  "use step";
  await globalThis.crash.body("begin", getStepMetadata(), getWorkflowMetadata());
  return start(program, [plan], { detach });
}

export async function program(plan) {
  "use workflow";
  const later = [];
  const result = await execute(plan, later);
  const ends = await Promise.all(later.map((run) => run.returnValue.catch((error) => error.name)));
  return [result, ends, Math.random()];
}
async function execute(plan, later) {
  const each = () => plan.of.map((part) => execute(part, later));
  switch (plan.kind) {
    case "step": return work(plan);
    case "sleep": {
      const nap = sleep(plan.ms);
      if (plan.isCancelled) nap.cancel();
      else await nap;
      return "slept";
    }
    case "sequence": {
      const results = [];
      for (const part of plan.of) results.push(await execute(part, later));
      return results;
    }
    case "all": return Promise.all(each());
    case "race": return Promise.race(each());
    case "settled": return (await Promise.allSettled(each())).map((one) => one.value ?? one.reason.name);
    case "try":
      try { return await execute(plan.body, later); }
      catch (error) { return "caught " + error.message; }
      finally { await execute(plan.last, later).catch(() => undefined); }
    case "deadline": return within(plan.ms, execute(plan.body, later));
    case "hook": return listen(plan, (hook) => payloadsOf(hook, plan));
    case "answers": return listen(plan, (hook) => answersOf(hook, plan));
    case "child": {
      const run = await begin(plan.of, plan.isDetached);
      if (plan.waits === "now") return run.returnValue;
      if (plan.waits === "later") later.push(run);
      return "began";
    }
  }
}
async function within(ms, promise) {
  const limit = sleep(ms);
  try { return await Promise.race([promise, limit.then(() => "late")]); }
  finally { limit.cancel(); }
}
async function listen({ name, token, isOnce }, hear) {
  const hook = createHook({ name, ...(token && { token }), ...(isOnce && { once: true }) });
  try { return await hear(hook); }
  catch (error) {
    if (error.code !== "HOOK_CONFLICT") throw error;
    return "taken";
  } finally { hook.dispose(); }
}
async function payloadsOf(hook, { takes, loops, asks }) {
  if (asks && (await hook.getConflict())) return "asked, and taken";
  const heard = [];
  if (loops) { for await (const payload of hook) if (heard.push(payload) === takes) break; }
  else while (heard.length < takes) heard.push(await hook);
  return heard;
}
async function answersOf(hook, { rounds, ms }) {
  const heard = [];
  while (heard.length < rounds) heard.push(await within(ms, hook));
  return heard;
}
`;
