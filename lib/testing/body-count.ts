/** How often the bodies of steps were called in a test world, run by run in the order of their start. */
import { describeCall } from "../contract/call";
import type { TestHost } from "./test-world";

export interface RepeatedStep {
  /** As people say it: `step "charge"`. */
  step: string;
  times: number;
  /** How often without the crash. */
  usually: number;
}

export class BodyCount {
  private readonly runs = new Map<string, number>();
  /** By the number of the run and the call. */
  private readonly counts = new Map<string, { step: string; times: number }>();

  constructor(host: TestHost) {
    host.onAttempt = ({ runId, call }) => {
      const run = this.runs.get(runId) ?? this.runs.size + 1;
      this.runs.set(runId, run);
      const key = `${run} ${call}`;
      const title = run === 1 ? describeCall(call) : `${describeCall(call)} of run ${run}`;
      const { step, times } = this.counts.get(key) ?? { step: title, times: 0 };
      this.counts.set(key, { step, times: times + 1 });
    };
  }

  /** What was called more often than there. */
  beyond(usual: BodyCount): RepeatedStep[] {
    return [...this.counts].flatMap(([key, { step, times }]) => {
      const usually = usual.counts.get(key)?.times ?? 0;
      return times > usually ? [{ step, times, usually }] : [];
    });
  }
}
