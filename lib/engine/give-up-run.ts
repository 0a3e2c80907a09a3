/** A run that cannot be brought to life, or whose turn went wrong: it is parked, or over if it is late. */
import type { Append, Claim } from "../contract/world";
import { describeFailure } from "./describe-failure";
import type { EngineParts } from "./engine-parts";
import { deadlinePassed } from "./gather-facts";
import type { InboxView } from "./inbox-view";
import { readEvents } from "./load-run";
import { parkedFor } from "./park-reasons";
import { untilAnswered } from "./until-answered";

export interface GivenUp {
  claim: Claim;
  /** How many events are known to be in its log. */
  position: number;
  inbox: InboxView;
}

/** Gives when somebody has to look at it again. */
export async function giveUpRun(run: GivenUp, error: unknown, parts: EngineParts) {
  const { world, clock, codec, log, metrics, patience } = parts;
  const { runId, fence } = run.claim;
  const deadline = await readDeadline(run, parts);
  const at = clock.now();
  const append: Append = {
    ...{ runId, fence, appendId: `${fence}.given-up`, position: run.position + 1, events: [] },
    // Who wanted it to try again has seen it try.
    ...{ taken: run.inbox.takeWakes(), seen: run.inbox.seen, releases: true },
  };
  if (deadline !== null && at >= deadline) {
    const { value, ...failure } = describeFailure(deadlinePassed(deadline), codec);
    append.events = [{ type: "run_failed", at, failure: { ...failure, value } }];
    append.change = { status: "failed", endedAt: at, failure };
  } else {
    const parked = parkedFor(error);
    log("error", `Run "${runId}" is parked: ${parked.message}`);
    append.change = { parked };
    append.dueAt = deadline;
  }
  await untilAnswered(() => metrics.append(world, append), "park a run", patience);
  return append.dueAt ?? null;
}

/** From the events as they are stored, which can be read when nothing else can. */
async function readDeadline(
  { claim: { runId }, position }: GivenUp,
  parts: EngineParts,
): Promise<number | null> {
  const [created] = await readEvents(runId, 1, 1, parts);
  if (created?.type !== "run_created" || created.deadline === undefined) return null;
  const others = await readEvents(runId, 2, position, parts);
  return others.some(({ type }) => type === "run_retried") ? null : created.deadline;
}
