/**
 * What step bodies may have done (P3, E3): each attempt that the log knows at most once, none that it
 * does not know, and no two of one step at once but where a process had been stopped or cut off.
 */
import type { CallKey } from "../../../lib/contract/call";
import type { RunEvent } from "../../../lib/contract/event";
import { stepIdOf } from "../../../lib/engine/ids";
import type { StoredRun } from "./audit-runs";
import { type Body, troubledMs } from "./body-lines";

/**
 * A process renews its lease three times in its length, so one that was away for two thirds of it may
 * have lost it. What is planned to be shorter than a lease is shorter than this by far.
 */
const SHARE = 0.6;

export interface BodyCounts {
  bodies: number;
  /** Attempts that were lost with their process. */
  lost: number;
  /** Of these, attempts whose process was neither killed nor in trouble. */
  lostForNothing: number;
  handedBack: number;
  /** Of attempts that were fenced off, and went on for a while. */
  overlaps: number;
  /** The longest of them. */
  longestOverlapMs: number;
}

interface Attempt {
  runId: string;
  stepId: string;
  attempt: number;
  outcome: RunEvent | null;
}

export function auditBodies(
  runs: ReadonlyMap<string, StoredRun>,
  bodies: readonly Body[],
  leaseMs: number,
): { problems: string[]; counts: BodyCounts } {
  const attempts = new Map<string, Attempt>();
  for (const run of runs.values()) {
    for (const each of attemptsOf(run)) attempts.set(keyOf(each), each);
  }
  const problems = checkAttempts(attempts, bodies);
  const counts: BodyCounts = {
    ...{ bodies: bodies.length, handedBack: 0, overlaps: 0, longestOverlapMs: 0 },
    ...countLost(attempts, bodies, leaseMs),
  };
  for (const { outcome } of attempts.values()) {
    if (isInterrupted(outcome, "handed_back")) counts.handedBack++;
  }
  problems.push(...checkOverlaps(bodies, leaseMs, counts));
  return { problems, counts };
}

function checkAttempts(attempts: ReadonlyMap<string, Attempt>, bodies: readonly Body[]): string[] {
  const problems: string[] = [];
  const seen = new Map<string, Body>();
  for (const body of bodies) {
    const key = keyOf(body);
    const other = seen.get(key);
    if (other) problems.push(`${show(body)} ran twice, also ${show(other)} (P3)`);
    if (!attempts.has(key)) problems.push(`${show(body)} ran, and is not in the log (E3)`);
    seen.set(key, body);
  }
  for (const [key, attempt] of attempts) {
    if (attempt.outcome?.type !== "step_completed") continue;
    const body = seen.get(key);
    if (body?.how === "returned") continue;
    const what = body ? `ended otherwise: ${body.how}` : "did not run";
    problems.push(`${attempt.runId}: attempt ${key} is completed, and ${what}`);
  }
  return problems;
}

/** Of one step: who had begun, and had not ended when the next one began. */
function checkOverlaps(bodies: readonly Body[], leaseMs: number, counts: BodyCounts): string[] {
  const problems: string[] = [];
  const steps = new Map<string, Body[]>();
  for (const body of bodies) {
    const known = steps.get(body.stepId) ?? [];
    steps.set(body.stepId, [...known, body]);
  }
  for (const own of steps.values()) {
    own.sort((one, other) => one.began - other.began);
    for (const [index, later] of own.entries()) {
      for (const earlier of own.slice(0, index)) {
        if (earlier.ended <= later.began) continue;
        const before = { from: earlier.began - leaseMs, to: later.began };
        const awayMs = troubledMs(earlier.worker, before);
        counts.overlaps++;
        const ms = Math.min(earlier.ended, later.ended) - later.began;
        counts.longestOverlapMs = Math.max(counts.longestOverlapMs, Math.round(ms));
        if (awayMs >= leaseMs * SHARE) continue;
        const away = `its process was away for ${Math.round(awayMs)} of ${leaseMs} ms`;
        problems.push(`${show(earlier)} ran beside ${show(later)}, and ${away} (P3)`);
      }
    }
  }
  return problems;
}

function countLost(
  attempts: ReadonlyMap<string, Attempt>,
  bodies: readonly Body[],
  leaseMs: number,
): Pick<BodyCounts, "lost" | "lostForNothing"> {
  const known = new Map(bodies.map((body) => [keyOf(body), body]));
  const lost = [...attempts].filter(([, { outcome }]) => isInterrupted(outcome, "lost"));
  const forNothing = lost.filter(([key]) => {
    const body = known.get(key);
    // One that did not begin was lost between the append and the call.
    if (!body || body.how === null) return false;
    const around = { from: body.began - leaseMs, to: body.ended + leaseMs };
    return body.worker.endedAt > around.to && troubledMs(body.worker, around) < leaseMs * SHARE;
  });
  return { lost: lost.length, lostForNothing: forNothing.length };
}

function isInterrupted(event: RunEvent | null, reason: "lost" | "handed_back"): boolean {
  return event?.type === "step_interrupted" && event.reason === reason;
}

function attemptsOf({ record: { runId }, events }: StoredRun): Attempt[] {
  const attempts: Attempt[] = [];
  const ids = new Map<CallKey, string>();
  const open = new Map<CallKey, Attempt>();
  for (const event of events) {
    if (event.type === "step_created") {
      ids.set(event.call, stepIdOf(runId, event.call, event.at));
    } else if (event.type === "step_started") {
      const stepId = ids.get(event.call) ?? "a step that nobody created";
      const attempt = { runId, stepId, attempt: event.attempt, outcome: null };
      attempts.push(attempt);
      open.set(event.call, attempt);
    } else if (OUTCOMES.has(event.type) && "call" in event) {
      const attempt = open.get(event.call);
      if (attempt) attempt.outcome = event;
      open.delete(event.call);
    }
  }
  return attempts;
}

const OUTCOMES = new Set<RunEvent["type"]>([
  ...(["step_completed", "step_failed", "step_retrying", "step_interrupted"] as const),
]);

function keyOf({ stepId, attempt }: Pick<Body, "stepId" | "attempt">): string {
  return `${stepId} ${attempt}`;
}

function show({ runId, label, attempt, worker, began, ended, how }: Body): string {
  const root = worker.settings.file.replace(/.*bodies-|\.jsonl$/g, "");
  const times = `${Math.round(began)} to ${Math.round(ended)}`;
  return `${runId}: attempt ${attempt} of "${label}" (process ${root}, ${times}, ${how})`;
}
