// Checked by `npm run types`; nothing here runs.
import { start } from "../../lib/api";
import type { OpenHook } from "../../lib/api";
import { WaitFailedError } from "../../lib/errors";
import {
  crashAt,
  createTestWorld,
  mockStep,
  replay,
  type StepMock,
  type TestWorld,
  waitForHook,
  waitForSleep,
} from "../../lib/testing";
import type { EmbeddedWorldOptions } from "../../embedded-world";

async function charge(id: string, amount: number): Promise<{ receipt: string }> {
  "use step";
  return { receipt: `${id} ${amount}` };
}

async function order(id: string): Promise<number> {
  "use workflow";
  await charge(id, 1);
  return 1;
}

export async function tests(): Promise<void> {
  await using world: TestWorld = createTestWorld({ now: new Date(), root: "." });
  await world.advance("7 days");
  await world.advance(5);
  const time: Date = world.time;
  const now: number = await world.now();

  const mock: StepMock = mockStep(charge, async (id, amount) => ({
    receipt: `${id} ${amount + 1}`,
  }));
  mock.restore();
  mockStep(charge, () => ({ receipt: "at once" }));
  // @ts-expect-error: the step gives a receipt
  mockStep(charge, async () => "paid");
  // @ts-expect-error: the amount is a number
  mockStep(charge, async (_id, amount: string) => ({ receipt: amount }));

  const run = await start(order, ["1"]);
  const hook: OpenHook = await waitForHook(run, { token: "a", timeout: "5s" });
  const call: string = await waitForSleep(run);
  await run.wakeUp({ correlationIds: [call] });
  // @ts-expect-error: no unit of that name
  await waitForSleep(run, { timeout: "1 fortnight" });

  const { points, appends } = await crashAt("every-append", async () => run.returnValue);
  const returned: number | undefined = points[0]?.returned;
  const face: "before" | "after" | undefined = points[0]?.face;
  // @ts-expect-error: a number, or all of them
  await crashAt("some", async () => undefined);

  const result = await replay(run, order);
  if (result.status === "completed") {
    const value: number = result.returnValue;
    void value;
  }
  // @ts-expect-error: it may have failed
  void result.returnValue;
  const unknown = await replay([], { workflowId: "workflow//./a//b" });
  void [time, now, hook, returned, face, appends, unknown];
}

export function runOf(error: unknown): string | undefined {
  return WaitFailedError.is(error) ? error.runId : undefined;
}

// @ts-expect-error: worlds of apps keep what they are told
export const inMemory: EmbeddedWorldOptions = { dataDir: null };
// @ts-expect-error: and have the time of their machine
export const virtual: EmbeddedWorldOptions = { clock: () => 0 };
