/**
 * The attempts of one run that are under way in this process, and those that are done and not in the
 * log yet.
 *
 * - E3 A body starts when the append that starts it is confirmed, and not before.
 * - P3 An attempt is abandoned by its signal; what it gives afterwards is not heard.
 */
import type { Codec } from "../codec/codec";
import type { CallKey } from "../contract/call";
import { AttemptSignal } from "./attempt-signal";
import type { Start } from "./choose-starts";
import { describeFailure } from "./describe-failure";
import { runStep, type StepOutcome } from "./run-step";
import type { AttemptFacts } from "./step-scope";
import type { Watchdog } from "./watchdog";

export interface Finished {
  start: Start;
  outcome: StepOutcome;
}

export type RunFacts = Pick<AttemptFacts, "runId" | "workflow" | "workflowStartedAt" | "url">;

interface Running {
  call: CallKey;
  abort: AttemptSignal;
  freeSlot: () => void;
}

/** How long a body that was told to end keeps its slot: not for ever, if it does not hear (L2). */
const SLOT_GRACE_MS = 5_000;

export class Attempts {
  private readonly running = new Map<CallKey, Running>();
  private finished: Finished[] = [];

  constructor(
    private readonly codec: Codec,
    private readonly watchdog: Watchdog,
    private readonly onFree: (slot: string) => void,
    private readonly onOutcome: () => void,
  ) {}

  get count(): number {
    return this.running.size;
  }

  get hasFinished(): boolean {
    return this.finished.length > 0;
  }

  takeFinished(): Finished[] {
    const { finished } = this;
    this.finished = [];
    return finished;
  }

  start(start: Start, run: RunFacts): void {
    const { call, name, slot, step, found } = start;
    const { created, attempts: attempt, startedAt = 0 } = step;
    const abort = new AttemptSignal();
    const own: Running = { call, abort, freeSlot: () => undefined };
    this.running.set(call, own);
    const facts: AttemptFacts = {
      runId: run.runId,
      workflow: run.workflow,
      workflowStartedAt: run.workflowStartedAt,
      url: run.url,
      call,
      step: name,
      createdAt: created.at,
      startedAt,
      attempt,
    };
    const { settings, body } = found;
    this.watchdog.enterStep(run.runId, name);
    const { outcome, ended } = runStep({ facts, created, settings, body, abort }, this.codec);
    this.watchdog.leave();
    own.freeSlot = once(() => this.onFree(slot));
    const done = (result: StepOutcome) => {
      if (ended && result.type === "timed_out") this.freeWhenEnded(own, ended);
      else own.freeSlot();
      if (this.running.get(call) !== own) return;
      this.running.delete(call);
      this.finished.push({ start, outcome: result });
      this.onOutcome();
    };
    void outcome.then(done, (error: unknown) => {
      done({ type: "threw", failure: describeFailure(error, this.codec), isFatal: false });
    });
  }

  /** What their bodies do from now on is not heard. */
  abandon(reason: unknown): CallKey[] {
    const running = [...this.running];
    this.running.clear();
    this.finished = [];
    for (const [, each] of running) {
      each.abort.abort(reason);
      freeLater(each);
    }
    return running.map(([call]) => call);
  }

  private freeWhenEnded(running: Running, ended: Promise<unknown>): void {
    void ended.finally(running.freeSlot);
    freeLater(running);
  }
}

function freeLater({ freeSlot }: Running): void {
  setTimeout(freeSlot, SLOT_GRACE_MS).unref();
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
