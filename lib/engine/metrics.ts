/**
 * What an engine counts of its own work. It only counts: whoever wants to see it gets it as text from
 * `runtime.metrics()`.
 *
 * - M1 What is in the log counts when its append is confirmed, and once, however often it was sent.
 * - M2 No label has values that users make: the number of series stays what it is.
 */
import type { Append, AppendOutcome, World } from "../contract/world";
import { Counter, Histogram, LabelledCounter, type Metric } from "./metric";
import type { StepOutcome } from "./run-step";

/** What is taken up again because its process was lost. */
export type Redriven = "run";

export type AttemptEnd = "returned" | "threw" | "timed_out" | "lost" | "handed_back";

/** Bounds in seconds, of what this process does itself. */
const SHORT = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
];
/** The same, of what users write and of waiting. */
const LONG = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 3_600];

export class EngineMetrics {
  readonly claims = new Counter("everstep_claims_total", "Runs that this process has claimed.");
  readonly runsStarted = new Counter(
    "everstep_runs_started_total",
    "Runs that began in this process.",
  );
  readonly runsEnded = new LabelledCounter<"completed" | "failed">(
    "everstep_runs_ended_total",
    "Runs that came to their end in this process. Those that were cancelled are not among them.",
    "status",
    ["completed", "failed"],
  );
  readonly runsParked = new LabelledCounter(
    "everstep_runs_parked_total",
    "How often this process parked a run, by the code of the reason.",
    "code",
  );
  readonly attempts = new LabelledCounter<AttemptEnd>(
    "everstep_attempts_total",
    "Attempts of steps, by how they ended.",
    "outcome",
    ["returned", "threw", "timed_out", "lost", "handed_back"],
  );
  readonly redriven = new LabelledCounter<Redriven>(
    "everstep_redriven_total",
    "What this process took up again because somebody else was lost.",
    "what",
    ["run"],
  );
  readonly attemptSeconds = new Histogram(
    "everstep_attempt_seconds",
    "How long the bodies of steps took.",
    LONG,
  );
  readonly turnSeconds = new Histogram(
    "everstep_turn_seconds",
    "How long turns of runs took, with their append.",
    SHORT,
  );
  readonly appendSeconds = new Histogram(
    "everstep_append_seconds",
    "How long the world took to store a turn.",
    SHORT,
  );
  readonly startDelaySeconds = new Histogram(
    "everstep_start_delay_seconds",
    "From start() to the first turn of the run, in world time; with its delay, if it was given one.",
    LONG,
  );

  /** Sends an append, and counts what it has stored. */
  async append(world: World, append: Append): Promise<AppendOutcome> {
    const began = performance.now();
    const outcome = await world.runs.append(append);
    this.appendSeconds.observe((performance.now() - began) / 1_000);
    if (outcome.status === "done") this.stored(append);
    return outcome;
  }

  async turn(take: () => Promise<void>): Promise<void> {
    const began = performance.now();
    try {
      await take();
    } finally {
      this.turnSeconds.observe((performance.now() - began) / 1_000);
    }
  }

  /** `began` is on the clock of the process. One that could not be called is handed back. */
  attemptEnded(outcome: StepOutcome["type"], began: number): void {
    if (outcome === "unable") return;
    this.attempts.add(outcome);
    this.attemptSeconds.observe((performance.now() - began) / 1_000);
  }

  read(): Metric[] {
    const counters = [this.claims, this.runsStarted, this.runsEnded, this.runsParked];
    const ofSteps = [this.attempts, this.attemptSeconds];
    const times = [this.turnSeconds, this.appendSeconds, this.startDelaySeconds];
    return [...counters, ...ofSteps, ...times, this.redriven].map((metric) => metric.read());
  }

  private stored({ events, change }: Append): void {
    for (const event of events) {
      if (event.type === "run_started") this.runsStarted.add();
      else if (event.type === "run_completed") this.runsEnded.add("completed");
      else if (event.type === "run_failed") this.runsEnded.add("failed");
      else if (event.type === "step_interrupted") this.attempts.add(event.reason);
    }
    if (change?.parked) this.runsParked.add(change.parked.code);
  }
}
