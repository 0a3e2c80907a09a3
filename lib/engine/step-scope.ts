/**
 * What code inside a step may ask about its attempt, wherever in its asynchronous calls it asks. All
 * copies of the package in a process share one scope.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CallKey } from "../contract/call";
import type { StepMetadata, WorkflowMetadata } from "../contract/workflow-api";
import type { AttemptStreams } from "../streams/attempt-streams";
import type { AttemptSignal } from "./attempt-signal";
import { stepIdOf } from "./ids";

export interface AttemptFacts {
  runId: string;
  workflow: string;
  workflowStartedAt: number;
  url: string;
  call: CallKey;
  /** The id of the step function. */
  step: string;
  createdAt: number;
  /** Of the first attempt. */
  startedAt: number;
  attempt: number;
}

/** Made for each attempt, and asked by few: everything is worked out when it is asked for. */
export class StepScope {
  /** How many runs this attempt has started, which gives each the same id in every attempt. */
  starts = 0;

  constructor(
    readonly facts: AttemptFacts,
    private readonly abort: AttemptSignal,
    private readonly freeSlot: () => void = () => undefined,
    readonly streams?: AttemptStreams,
  ) {}

  /**
   * The body waits for another run from now on. It needs no slot for that, and that run may: if those
   * who wait kept their slots, nobody could go on.
   */
  waitsForRun(): void {
    this.freeSlot();
  }

  get stepId(): string {
    const { runId, call, createdAt } = this.facts;
    return stepIdOf(runId, call, createdAt);
  }

  stepMetadata(): StepMetadata {
    const { step, startedAt, attempt } = this.facts;
    const { signal } = this.abort;
    const stepStartedAt = new Date(startedAt);
    return { stepId: this.stepId, stepName: step, stepStartedAt, attempt, signal };
  }

  workflowMetadata(): WorkflowMetadata {
    const { runId, workflow, workflowStartedAt, url } = this.facts;
    return {
      workflowRunId: runId,
      workflowName: workflow,
      workflowStartedAt: new Date(workflowStartedAt),
      url,
    };
  }
}

const SYMBOL = Symbol.for("everstep.step-scope");

interface ScopeHolder {
  [SYMBOL]?: AsyncLocalStorage<StepScope>;
}

const holder = globalThis as ScopeHolder;

export const stepScope: AsyncLocalStorage<StepScope> = (holder[SYMBOL] ??=
  new AsyncLocalStorage<StepScope>());
