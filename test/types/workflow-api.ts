// Checked by `npm run types`; nothing here runs. What a caller passes and gets is what the workflow
// takes and returns.
import { getRun, listRuns, type Run, start } from "../../lib/api";
import type { StepOptions } from "../../lib/index";
import { getStepMetadata, getWorkflowMetadata, sleep } from "../../lib/index";
import { createRuntime } from "../../lib/runtime";
import { type Check, WORLD_CHECKS } from "../../lib/world";

interface Receipt {
  total: number;
}

async function checkout(order: string, amount = 1): Promise<Receipt> {
  "use workflow";
  await sleep("1 day");
  return { total: order.length + amount };
}

async function nothing(): Promise<void> {
  "use workflow";
}

export async function callers(): Promise<void> {
  const run: Run<Receipt> = await start(checkout, ["order-1"]);
  const { total }: Receipt = await run.returnValue;
  await start(checkout, ["order-1", 2], {
    key: "order-1",
    deadline: "2 days",
    tags: { team: "a" },
  });
  const done: undefined | void = await (await start(nothing)).returnValue;
  await start(nothing, { title: "nothing", delay: 5 });
  await start({ workflowId: "workflow//./src/order//checkout" }, ["order-1"]);
  const found: Run<Receipt> = getRun<Receipt>("wrun_1");
  const started: Date | undefined = await found.startedAt;
  const { stoppedCount }: { stoppedCount: number } = await found.wakeUp();
  for await (const { position, event } of found.events()) void [position, event.type];
  const { data, cursor } = await listRuns({ status: "failed" });

  // @ts-expect-error: the order is missing
  await start(checkout);
  // @ts-expect-error: the order is a string
  await start(checkout, [1]);
  // @ts-expect-error: there is no such option
  await start(nothing, { keys: "a" });
  // @ts-expect-error: no unit of that name
  await sleep("1 fortnight");
  // @ts-expect-error: it is known which words a status can be
  await listRuns({ status: "paused" });

  void [total, done, started, stoppedCount, data[0]?.title, cursor];
}

async function startCheckout(order: string) {
  "use step";
  return start(checkout, [order], { detach: true, title: order });
}

/** A run that a step gives to its workflow has the type of what it returns. */
export async function parents(): Promise<number> {
  "use workflow";
  const run: Run<Receipt> = await startCheckout("order-1");
  const { total } = await run.returnValue;
  // @ts-expect-error: a receipt has no such field
  void (await run.returnValue).price;
  return total;
}

export async function retries(): Promise<void> {
  const run = getRun<Receipt>("wrun_1");
  const same: Run<Receipt> = await run.retry();
  await run.retry({ code: "latest" });
  const { data } = await listRuns({ parentRunId: "wrun_1" });
  const parent: string | undefined = data[0]?.parentRunId;
  // @ts-expect-error: it is known which code there is
  await run.retry({ code: "newest" });
  // @ts-expect-error: it is known which code there is
  createRuntime({ code: "newest" });
  void [same, parent];
}

export async function inside(): Promise<void> {
  const { stepId, attempt, signal, stepStartedAt } = getStepMetadata();
  const { workflowRunId, url } = getWorkflowMetadata();
  const options: StepOptions = {
    ...{ maxRetries: 5, timeout: "30s", concurrency: 2 },
    backoff: { initial: "1s", factor: 2, max: "1m" },
  };
  // @ts-expect-error: a duration, not a moment
  const wrong: StepOptions = { timeout: new Date() };
  void [stepId, attempt, signal.aborted, stepStartedAt.getTime(), workflowRunId, url];
  void [options, wrong];
}

export async function embedded(): Promise<void> {
  const runtime = createRuntime({ concurrency: 10, log: (level, text) => void [level, text] });
  await runtime.start();
  await runtime.stop({ graceMs: 100 });
  const checks: readonly Check[] = WORLD_CHECKS;
  void checks;
}
