/**
 * Steps of a run that find no slot in its owner's process for a while are offered to all others (E2).
 * Short ones never come to that: it costs more to hand them out than to wait for their turn.
 */
import { type CallKey, parseCallKey } from "../contract/call";
import type { OpenStep } from "../contract/run-state";
import type { NewOffer } from "../contract/step-offers";
import type { Starts } from "./choose-starts";
import type { LiveRun } from "./context-cache";
import type { EngineParts } from "./engine-parts";
import { type OfferBody, writeOffer } from "./offer-body";
import { findStep } from "./step-bodies";
import type { Turn } from "./turn";

const OFFER_AFTER_MS = 25;
const MOST_IN_ONE_TURN = 200;

export class Offering {
  /** Since when steps wait here because there is no slot, by this process's clock; null if none does. */
  private waitingSince: number | null = null;

  constructor(private readonly parts: Pick<EngineParts, "world" | "slots">) {}

  /** When to look again, in milliseconds from now; null if not for this. */
  get looksIn(): number | null {
    if (this.waitingSince === null) return null;
    return Math.max(1, this.waitingSince + OFFER_AFTER_MS - performance.now());
  }

  /** Puts into the turn that they are offered, and gives what the world has to be told. */
  choose(turn: Turn, live: LiveRun, chosen: Starts, without: ReadonlySet<CallKey>): NewOffer[] {
    if (!chosen.isFull || !this.parts.world.steps?.hasOthers) {
      this.waitingSince = null;
      return [];
    }
    this.waitingSince ??= performance.now();
    if (performance.now() - this.waitingSince < OFFER_AFTER_MS) return [];
    const starting = new Set([...without, ...chosen.starts.map(({ call }) => call)]);
    const offers: NewOffer[] = [];
    for (const [call, step] of live.state.steps) {
      if (offers.length === MOST_IN_ONE_TURN) break;
      if (!starting.has(call) && mayBeOffered(call, step, turn.at)) {
        offers.push(offer(call, step, turn, live));
      }
    }
    return offers;
  }
}

/** One that was lost or handed back is tried by the owner: it may need what others do not have. */
function mayBeOffered(call: CallKey, step: OpenStep, at: number): boolean {
  if (step.isRunning || step.retryAt > at || step.attempts !== step.failures) return false;
  try {
    return findStep(parseCallKey(call).name).settings.concurrency === Infinity;
  } catch {
    return false;
  }
}

function offer(call: CallKey, step: OpenStep, turn: Turn, { state }: LiveRun): NewOffer {
  const { at } = turn;
  const attempt = step.attempts + 1;
  turn.add({ type: "step_started", at, call, attempt, isOffered: true });
  const { created, startedAt = at } = step;
  const { workflow, startedAt: workflowStartedAt = 0, url } = state;
  const body: OfferBody = { created, startedAt, workflow, workflowStartedAt, url };
  return { call, attempt, body: writeOffer(body) };
}
