/**
 * What runs in the place of step bodies while tests say so. Kept on `globalThis`, so that a test and
 * the engine meet whichever copy of the package each of them has.
 */
import type { StepBody } from "./run-step";

/** By the id of the step: its mocks, of which the last one counts. */
type StepMocks = Map<string, { body: StepBody }[]>;

const SYMBOL = Symbol.for("everstep.step-mocks");

interface MocksHolder {
  [SYMBOL]?: StepMocks;
}

const mocks: StepMocks = ((globalThis as MocksHolder)[SYMBOL] ??= new Map());

export function mockOf(id: string): StepBody | undefined {
  return mocks.size === 0 ? undefined : mocks.get(id)?.at(-1)?.body;
}

/** Gives what takes the mock away; the one before it, or the body, counts again. */
export function addMock(id: string, body: StepBody): () => void {
  const mock = { body };
  const own = mocks.get(id) ?? [];
  mocks.set(id, [...own, mock]);
  return () => {
    const left = (mocks.get(id) ?? []).filter((each) => each !== mock);
    if (left.length === 0) mocks.delete(id);
    else mocks.set(id, left);
  };
}
