/**
 * Steps of runs that other processes own, and have offered (E2): taken while there are free slots, run
 * here, and their outcome sent to the run as a message.
 *
 * - G1 A slot comes first, and the step then: what is taken is run at once.
 * - G2 What is taken belongs to the session. When that is lost, or the run is over, the attempt is
 *   abandoned, and nothing of it is heard any more.
 * - G3 When this process ends, attempts that are not done are handed back.
 */
import { parseCallKey } from "../contract/call";
import { WorkflowRunCancelledError } from "../contract/error";
import { type OfferedOutcome, writeMessage } from "../contract/message";
import { TERMINAL } from "../contract/run";
import type { OfferedAttempt, OfferedStep, StepOffers } from "../contract/step-offers";
import { Attempts } from "./attempts";
import type { Start } from "./choose-starts";
import type { EngineParts } from "./engine-parts";
import { readOffer } from "./offer-body";
import type { StepOutcome } from "./run-step";
import type { SlotSeeker } from "./slots";
import { findStep, type FoundStep } from "./step-bodies";
import { untilAnswered } from "./until-answered";

const MOST_AT_ONCE = 50;
/** Under which they hold their slots: of steps whose number is limited none is offered. */
const SLOT = "steps of other processes";
const ASK_AGAIN_MS = 1_000;

export class GuestSteps implements SlotSeeker {
  /** They have a share of their own. */
  readonly workflow = SLOT;
  /** By run. */
  private readonly guests = new Map<string, Attempts>();
  private count = 0;
  /** Outcomes that are on their way. */
  private telling = 0;
  private isTaking = false;
  private takesAgain = false;
  private isDraining = false;
  private waitingForRoom: (() => void)[] = [];
  private onEmpty: (() => void) | null = null;

  constructor(
    private readonly parts: EngineParts,
    /** The session of this process, while it has one. */
    private readonly session: () => string | null,
  ) {}

  private get isEmpty(): boolean {
    return this.count === 0 && this.telling === 0;
  }

  has(runId: string): boolean {
    return this.guests.has(runId);
  }

  /** There may be some. A promise says that there is no room for them, until there is. */
  look(): Promise<void> | void {
    this.takesAgain = true;
    if (!this.isTaking) void this.take();
    if (this.parts.slots.free > 0) return;
    return new Promise((resolve) => this.waitingForRoom.push(resolve));
  }

  /** A slot is free. */
  wake(): void {
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
    void this.look();
  }

  /** The run may be over. */
  async check(runId: string): Promise<void> {
    const { world, patience } = this.parts;
    const record = await untilAnswered(() => world.runs.get(runId), "read a run", patience);
    if (record && !TERMINAL.has(record.status)) return;
    this.abandon(runId, new WorkflowRunCancelledError(runId));
  }

  drain(how: "finish" | "abandon"): void {
    this.isDraining = true;
    this.parts.slots.settle(this, false);
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
    if (how === "finish") return;
    for (const runId of [...this.guests.keys()]) {
      const calls = this.abandon(runId, new Error("The process is shutting down"));
      for (const attempt of calls) void this.tell(attempt, { type: "handed_back" });
    }
  }

  /** The session is lost. */
  loseAll(reason: Error): void {
    for (const runId of [...this.guests.keys()]) this.abandon(runId, reason);
  }

  async untilEmpty(ms: number): Promise<void> {
    if (this.isEmpty) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async take(): Promise<void> {
    const { steps } = this.parts.world;
    this.isTaking = true;
    try {
      while (steps && this.takesAgain && !this.isDraining) {
        this.takesAgain = false;
        if (await this.takeSome(steps)) this.takesAgain = true;
      }
    } catch {
      // Offers stay where they are, and the world says so again.
      setTimeout(() => void this.look(), ASK_AGAIN_MS).unref();
    }
    this.isTaking = false;
  }

  /** True if there may be more (G1). */
  private async takeSome(steps: StepOffers): Promise<boolean> {
    const session = this.session();
    if (session === null) return false;
    const slots = this.takeSlots();
    if (slots === 0) return false;
    let taken: OfferedStep[] = [];
    try {
      taken = await steps.take(session, slots);
    } finally {
      for (let left = slots - taken.length; left > 0; left--) this.freeSlot();
      if (taken.length < slots) this.parts.slots.settle(this, false);
    }
    // crash here: they are lost with the session, and their runs are told.
    for (const step of taken) {
      if (this.session() === session) this.start(step);
      else this.freeSlot();
    }
    return taken.length === slots;
  }

  private takeSlots(): number {
    let count = 0;
    while (count < MOST_AT_ONCE) {
      const held = this.count + count;
      if (this.parts.slots.take(this, held, SLOT, Infinity) !== "taken") break;
      count++;
    }
    return count;
  }

  private freeSlot(): void {
    this.parts.slots.give(SLOT);
  }

  private start(offered: OfferedStep): void {
    const { runId, call, attempt, body } = offered;
    const { name } = parseCallKey(call);
    const found = tryFindStep(name);
    if (!found || this.isDraining) {
      this.freeSlot();
      void this.tell(offered, { type: "handed_back" });
      return;
    }
    const { created, startedAt, workflow, workflowStartedAt, url } = readOffer(body);
    const step = { ...NEW_STEP, created, startedAt, attempts: attempt };
    const run = { runId, workflow, workflowStartedAt, url };
    this.count++;
    this.attemptsOf(runId).start({ call, name, slot: SLOT, step, found }, run);
  }

  private attemptsOf(runId: string): Attempts {
    const known = this.guests.get(runId);
    if (known) return known;
    const attempts: Attempts = new Attempts(
      this.parts,
      () => this.freeSlot(),
      () => void this.finish(runId, attempts),
    );
    this.guests.set(runId, attempts);
    return attempts;
  }

  private async finish(runId: string, attempts: Attempts): Promise<void> {
    const finished = attempts.takeFinished();
    this.leave(runId, attempts, finished.length);
    await Promise.all(
      finished.map((each) => this.tell(attemptOf(runId, each.start), sent(each.outcome))),
    );
  }

  private leave(runId: string, attempts: Attempts, count: number): void {
    this.count -= count;
    if (attempts.count === 0 && this.guests.get(runId) === attempts) this.guests.delete(runId);
    if (this.isEmpty) this.onEmpty?.();
  }

  private async tell(attempt: OfferedAttempt, outcome: OfferedOutcome): Promise<void> {
    const { world, patience, log } = this.parts;
    const session = this.session();
    if (session === null) return;
    const { runId, call } = attempt;
    const body = writeMessage({ type: "step_over", call, attempt: attempt.attempt, outcome });
    this.telling++;
    try {
      await untilAnswered(
        () => world.steps!.finish(session, attempt, body),
        "store the outcome of a step",
        patience,
      );
    } catch (error) {
      log("error", `The outcome of a step of run "${runId}" is lost: ${String(error)}`);
    }
    this.telling--;
    if (this.isEmpty) this.onEmpty?.();
  }

  private abandon(runId: string, reason: Error): OfferedAttempt[] {
    const attempts = this.guests.get(runId);
    if (!attempts) return [];
    const abandoned = attempts.abandon(reason);
    this.leave(runId, attempts, abandoned.length);
    return abandoned.map((start) => attemptOf(runId, start));
  }
}

const NEW_STEP = {
  ...{ failures: 0, lost: 0, retryAt: 0 },
  ...{ isRunning: true, isOffered: true },
};

function attemptOf(runId: string, { call, step }: Start): OfferedAttempt {
  return { runId, call, attempt: step.attempts };
}

function tryFindStep(name: string): FoundStep | null {
  try {
    return findStep(name);
  } catch {
    // Whoever offered it has it.
    return null;
  }
}

/** What it needs of this process is missing, and need not be elsewhere. */
function sent(outcome: StepOutcome): OfferedOutcome {
  return outcome.type === "unable" ? { type: "handed_back" } : outcome;
}
