/**
 * The attempts of one run that are under way in this process, and those that are done and not in the
 * log yet.
 *
 * - E3 A body starts when the append that starts it is confirmed, and not before.
 * - P3 An attempt is abandoned by its signal; what it gives afterwards is not heard.
 */
import type { CallKey } from "../contract/call";
import { AttemptStreams } from "../streams/attempt-streams";
import { AttemptSignal } from "./attempt-signal";
import type { Start } from "./choose-starts";
import { describeFailure } from "./describe-failure";
import { encodeWithBodies } from "./encode-with-bodies";
import type { EngineParts } from "./engine-parts";
import { stepIdOf } from "./ids";
import { runStep, type StepOutcome } from "./run-step";
import type { AttemptFacts } from "./step-scope";

export interface Finished {
  start: Start;
  outcome: StepOutcome;
}

export interface RunFacts extends Pick<
  AttemptFacts,
  "runId" | "workflow" | "workflowStartedAt" | "url"
> {
  /** Of the claim under which its steps run; not known to who runs them for its owner. */
  fence?: number;
}

interface Running {
  start: Start;
  abort: AttemptSignal;
  streams: AttemptStreams;
  freeSlot: () => void;
}

/** How long a body that was told to end keeps its slot: not for ever, if it does not hear (L2). */
const SLOT_GRACE_MS = 5_000;

export class Attempts {
  private readonly running = new Map<CallKey, Running>();
  private finished: Finished[] = [];

  constructor(
    private readonly parts: Pick<
      EngineParts,
      "world" | "codec" | "watchdog" | "clock" | "pumps" | "metrics" | "onAttempt"
    >,
    private readonly onFree: (slot: string) => void,
    private readonly onOutcome: () => void,
  ) {}

  get count(): number {
    return this.running.size;
  }

  /** The calls whose attempts they are. */
  get calls(): CallKey[] {
    return [...this.running.keys()];
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
    const freeSlot = once(() => this.onFree(slot));
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
    const { codec, watchdog, clock, metrics } = this.parts;
    const streams = this.openStreams(facts, run.fence, freeSlot);
    const own: Running = { start, abort, streams, freeSlot };
    this.running.set(call, own);
    this.parts.onAttempt?.(facts);
    watchdog.enterStep(run.runId, name);
    const began = performance.now();
    const attempted = { facts, created, settings, body, abort, streams, freeSlot };
    const { outcome, ended } = runStep(attempted, codec, clock);
    watchdog.leave();
    const done = (result: StepOutcome) => {
      if (ended && result.type === "timed_out") this.freeWhenEnded(own, ended);
      else own.freeSlot();
      metrics.attemptEnded(result.type, began);
      if (this.running.get(call) !== own) return;
      this.running.delete(call);
      this.finished.push({ start, outcome: result });
      this.onOutcome();
    };
    void outcome.then(done, (error: unknown) => {
      done({ type: "threw", failure: describeFailure(error, codec), isFatal: false });
    });
  }

  /** What their bodies do from now on is not heard. */
  abandon(reason: unknown): Start[] {
    const running = [...this.running.values()];
    this.running.clear();
    this.finished = [];
    for (const each of running) {
      each.abort.abort(reason);
      each.streams.abandon(reason);
      freeLater(each);
    }
    return running.map(({ start }) => start);
  }

  private openStreams(
    { runId, call, createdAt, attempt }: AttemptFacts,
    fence: number | undefined,
    freeSlot: () => void,
  ) {
    const { world, codec, pumps } = this.parts;
    return new AttemptStreams({
      ...{ world, codec, pumps, runId, attempt, freeSlot },
      ...(fence !== undefined && { fence }),
      encode: (value) => encodeWithBodies(codec, value, "stream chunk"),
      stepId: () => stepIdOf(runId, call, createdAt),
    });
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
