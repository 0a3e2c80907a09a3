/**
 * Runs as values: a row of the codec, and the step by which workflows ask them. The class of runs is
 * the client's, which stands above the engine and says here how to make one.
 */
import { type CodecType, textPart } from "../codec/codec-type";
import { isOurs, unreadable } from "../codec/unreadable";
import { WorkflowRuntimeError } from "../contract/error";
import { RUN_ORDERS, RUN_QUESTIONS } from "../contract/run-value";
import { FatalError } from "../contract/step-error";

/** Known to all copies of the package in a process. */
export const RUN_BRAND = Symbol.for("everstep.run");

interface RunsHolder {
  [RUN_BRAND]?: (runId: string) => object;
}

const holder = globalThis as RunsHolder;

export function adoptRuns(makeRun: (runId: string) => object): void {
  holder[RUN_BRAND] = makeRun;
}

export function runType(): CodecType {
  return { name: "Run", is: isRun, toParts: (run) => [(run as Branded).runId], create };
}

interface Branded {
  readonly [RUN_BRAND]: true;
  readonly runId: string;
}

function isRun(value: object): value is Branded {
  const { [RUN_BRAND]: brand, runId } = value as Partial<Branded>;
  return brand === true && typeof runId === "string";
}

function create(parts: readonly unknown[]): object {
  return makeRun(textPart(parts, 0));
}

function makeRun(runId: string): object {
  const make = holder[RUN_BRAND];
  if (make) return make(runId);
  throw unreadable("it holds a run, and `everstep/api` was not loaded in this process");
}

/** The body of the step: a property of a run, or one of its methods. */
export async function askRunStep([runId, what, args]: unknown[]): Promise<unknown> {
  const isKnown = [...RUN_QUESTIONS, ...RUN_ORDERS].some((each) => each === what);
  if (!isKnown) {
    const message = `A run cannot be asked for ${String(what)} here`;
    throw new FatalError(message, {
      cause: new WorkflowRuntimeError("LOG_NOT_SUPPORTED", message),
    });
  }
  const run = makeRun(String(runId)) as Record<string, unknown>;
  try {
    const member = run[what as string];
    const answer: unknown =
      typeof member === "function"
        ? await Reflect.apply(member, run, Array.isArray(args) ? args : [])
        : await member;
    return answer;
  } catch (error) {
    // That there is no such run, say: to ask again would change nothing.
    if (isOurs(error)) throw new FatalError((error as Error).message, { cause: error });
    throw error;
  }
}
