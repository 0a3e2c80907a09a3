/** Which steps of a run start in this turn: those that wait for nothing but a slot, and get one. */
import { type CallKey, parseCallKey } from "../contract/call";
import type { OpenStep, RunState } from "../contract/run-state";
import { type SlotSeeker, type Slots, SUSPECTS } from "./slots";
import { findStep, type FoundStep } from "./step-bodies";

/**
 * How many steps run at once in a process that may be what ends it, by the attempts in a row that each
 * has lost. The last attempt of five is made alone, so that what it is blamed for is its own.
 */
const SUSPECTS_AT_ONCE: Readonly<Record<number, number>> = {
  0: Infinity,
  1: Infinity,
  2: 16,
  3: 4,
};

export interface Start {
  call: CallKey;
  /** The id of the step function. */
  name: string;
  /** Under which its slot was taken. */
  slot: string;
  step: OpenStep;
  found: FoundStep;
}

export interface Starts {
  starts: readonly Start[];
  /** Why a step cannot start in this process. */
  missing: Error | null;
  /** Steps are left that wait for a slot. */
  isWaiting: boolean;
  /** For any slot, that is. */
  isFull: boolean;
}

export const NO_STARTS: Starts = { starts: [], missing: null, isWaiting: false, isFull: false };

interface Chooser extends SlotSeeker {
  /** How many attempts the run has under way. */
  readonly running: number;
}

export function chooseStarts(
  chooser: Chooser,
  slots: Slots,
  state: RunState,
  at: number,
  /** Calls of steps that could not be called just now. */
  without: ReadonlySet<CallKey>,
): Starts {
  const starts: Start[] = [];
  let missing: Error | null = null;
  let isWaiting = false;
  let isFull = false;
  for (const [call, step] of state.steps) {
    if (step.isRunning || step.retryAt > at || without.has(call)) continue;
    const { name } = parseCallKey(call);
    const found = tryFindStep(name);
    if (found instanceof Error) {
      missing = found;
      continue;
    }
    const held = chooser.running + starts.length;
    const { concurrency } = found.settings;
    // A limit that somebody has set holds for them, too.
    const suspects = SUSPECTS_AT_ONCE[step.lost] ?? 1;
    const isSuspect = suspects !== Infinity && concurrency === Infinity;
    const [slot, most] = isSuspect ? [SUSPECTS, suspects] : [name, concurrency];
    const answer = slots.take(chooser, held, slot, most);
    if (answer === "taken") starts.push({ call, name, slot, step, found });
    else isWaiting = true;
    isFull = answer === "full";
    if (isFull) break;
  }
  slots.settle(chooser, isWaiting);
  return { starts, missing, isWaiting, isFull };
}

function tryFindStep(name: string): FoundStep | Error {
  try {
    return findStep(name);
  } catch (error) {
    return error as Error;
  }
}
