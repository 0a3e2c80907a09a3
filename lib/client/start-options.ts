/** What `start` may be told about a run, checked before anything is stored. */
import { type DurationText, parseMoment } from "../contract/duration";
import { WorkflowRuntimeError } from "../contract/error";
import type { NewRun, World } from "../contract/world";

export interface StartOptions {
  /** The id of the run; a second start with it gives the run that is there. */
  id?: string;
  /** A second start with the key, while a run with it is not over, gives that run. */
  key?: string;
  /** What a start does when its key is taken: gives the run that has it, or throws. */
  onConflict?: "attach" | "throw";
  title?: string;
  /** Any serializable value, for people and programs that find the run. */
  metadata?: unknown;
  /** For lists and searches. */
  tags?: Record<string, string>;
  /** Not to begin before so much time has gone by. */
  delay?: DurationText | number;
  /** Not to begin before. */
  at?: Date;
  /** The run fails if it is not over by then. */
  deadline?: DurationText | number | Date;
  /** In a step: the run is on its own, and is not cancelled with the one that starts it. */
  detach?: boolean;
  /** Accepted for programs that name one; new runs go to the code that starts them. */
  deploymentId?: string;
  /** Another world than that of the process. */
  world?: World;
}

export interface StartSettings {
  id?: string;
  onConflict: "attach" | "throw";
  record: Pick<NewRun["record"], "key" | "title" | "tags">;
  startAt?: (now: number) => number;
  deadline?: (now: number) => number;
}

const LONGEST_TEXT = 512;
/** What may stand in a path, a key of any store, and a line of a log. */
const RUN_ID = /^[A-Za-z0-9_-]{1,128}$/;

export function readStartOptions(options: StartOptions = {}): StartSettings {
  if (typeof options !== "object" || options === null) {
    throw invalid("The options must be an object");
  }
  const { id, key, title, tags, onConflict = "attach", detach } = options;
  if (onConflict !== "attach" && onConflict !== "throw") {
    throw invalid('`onConflict` must be "attach" or "throw"');
  }
  if (detach !== undefined && typeof detach !== "boolean") {
    throw invalid("`detach` must be true or false");
  }
  warnOfDeployment(options.deploymentId);
  const settings: StartSettings = { onConflict, record: {} };
  if (id !== undefined) settings.id = readId(id);
  if (key !== undefined) settings.record.key = readText("key", key);
  if (title !== undefined) settings.record.title = readText("title", title);
  if (tags !== undefined) settings.record.tags = readTags(tags);
  const startAt = readStart(options);
  if (startAt) settings.startAt = startAt;
  const { deadline } = options;
  if (deadline !== undefined) settings.deadline = moment("deadline", deadline);
  return settings;
}

function readStart({ delay, at }: StartOptions): StartSettings["startAt"] {
  if (delay !== undefined && at !== undefined) {
    throw invalid("`delay` and `at` say the same thing; give one of them");
  }
  if (delay !== undefined) {
    if (typeof delay === "object")
      throw invalid("`delay` is how long to wait; give a Date as `at`");
    return moment("delay", delay);
  }
  if (at === undefined) return undefined;
  if (typeof at !== "object") throw invalid("`at` must be a Date; give a duration as `delay`");
  return moment("at", at);
}

/** Checked now, worked out in world time. */
function moment(name: string, when: DurationText | number | Date): (now: number) => number {
  try {
    parseMoment(when, 0);
  } catch (error) {
    throw invalid(`\`${name}\`: ${(error as Error).message}`);
  }
  const fixed = typeof when === "object" ? new Date(when) : when;
  return (now) => {
    try {
      return parseMoment(fixed, now);
    } catch (error) {
      throw invalid(`\`${name}\`: ${(error as Error).message}`);
    }
  };
}

function readId(id: unknown): string {
  if (typeof id === "string" && RUN_ID.test(id)) return id;
  throw invalid("`id` must have 1 to 128 letters, digits, `_` or `-`");
}

function readText(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT) return value;
  throw invalid(`\`${name}\` must be a string with 1 to ${LONGEST_TEXT} characters`);
}

function readTags(tags: unknown): Record<string, string> {
  if (typeof tags !== "object" || tags === null) throw invalid("`tags` must be an object");
  const entries = Object.entries(tags).map(([name, value]) => [
    name,
    readText(`tags.${name}`, value),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

let hasWarned = false;

function warnOfDeployment(deploymentId: string | undefined): void {
  if (deploymentId === undefined || hasWarned) return;
  hasWarned = true;
  console.warn(
    "[everstep] `deploymentId` has no effect: a run stays on the code that started it, and new runs get that of the process.",
  );
}

function invalid(message: string): WorkflowRuntimeError {
  return new WorkflowRuntimeError("START_OPTION_INVALID", message);
}
