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
}

export class Attempts {
  private readonly running = new Map<CallKey, Running>();
  private finished: Finished[] = [];

  constructor(
    private readonly codec: Codec,
    private readonly watchdog: Watchdog,
    /** An attempt is done, and its slot is free. */
    private readonly onDone: (slot: string) => void,
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
    const own: Running = { call, abort };
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
    const running = runStep({ facts, created, settings, body, abort }, this.codec);
    this.watchdog.leave();
    void running.then((outcome) => {
      if (this.running.get(call) === own) {
        this.running.delete(call);
        this.finished.push({ start, outcome });
      }
      this.onDone(slot);
    });
  }

  /** Their slots stay taken until the bodies are done, since they may go on for as long as they like. */
  abandon(reason: unknown): CallKey[] {
    const running = [...this.running];
    this.running.clear();
    this.finished = [];
    for (const [, { abort }] of running) abort.abort(reason);
    return running.map(([call]) => call);
  }
}
