/** What the step bodies of a campaign said, from the files of their processes. */
import { existsSync, readFileSync } from "node:fs";
import { type Interval } from "./machine-time";
import type { WorkerProcess } from "./worker-process";

/** One execution of a step body. */
export interface Body {
  runId: string;
  stepId: string;
  attempt: number;
  label: string;
  worker: WorkerProcess;
  began: number;
  /** When it ended, or its process did. */
  ended: number;
  /** Null where it said nothing, since its process was killed. */
  how: "returned" | "threw" | "aborted" | null;
}

type Line =
  | { what: "stalled"; from: number; at: number }
  | ({ what: "began" | "ended"; at: number; how?: Body["how"] } & Pick<
      Body,
      "runId" | "stepId" | "attempt" | "label"
    >);

export function readBodies(workers: readonly WorkerProcess[]): Body[] {
  return workers.flatMap((worker) => {
    const bodies: Body[] = [];
    for (const line of linesOf(worker)) {
      if (line.what === "stalled") {
        worker.troubles.push({ from: line.from, to: line.at });
      } else if (line.what === "began") {
        const { runId, stepId, attempt, label, at } = line;
        const about = { runId, stepId, attempt, label, worker };
        bodies.push({ ...about, began: at, ended: worker.endedAt, how: null });
      } else {
        const isIt = (body: Body) =>
          body.stepId === line.stepId && body.attempt === line.attempt && body.how === null;
        const body = bodies.findLast(isIt);
        if (body) Object.assign(body, { ended: line.at, how: line.how });
      }
    }
    return bodies;
  });
}

/** How much of an interval lies in those in which the process could not run or not be reached. */
export function troubledMs({ troubles }: WorkerProcess, { from, to }: Interval): number {
  let [sum, reached] = [0, from];
  for (const each of [...troubles].sort((one, other) => one.from - other.from)) {
    const begin = Math.max(each.from, reached);
    const end = Math.min(each.to, to);
    if (end <= begin) continue;
    sum += end - begin;
    reached = end;
  }
  return sum;
}

/** A line that a kill has cut off was not written to its end, and counts for nothing. */
function linesOf({ settings: { file } }: WorkerProcess): Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}
