/**
 * `POST …/flow` and `POST …/step`: a process of the same app asks this one to go on with a run. What
 * is not signed by the world's secret is refused before it is looked at (P11).
 */
import { type MessageKind, signedPath } from "../lib/auth/send-message";
import { readLog } from "../lib/client/read-state";
import { parseCallKey } from "../lib/contract/call";
import { TERMINAL, type RunRecord } from "../lib/contract/run";
import type { World } from "../lib/contract/world";
import { json, plain, RETRY_AFTER } from "./answer";
import { readShortBody } from "./body-limit";
import type { WorkflowService } from "./workflow-service";

const MAX_MESSAGE_BYTES = 16_384;
/** How long the answer waits for the run. */
const DRIVE_LIMIT_MS = 20_000;

/** What became of the run. */
export interface MessageOutcome {
  runId: string;
  status: RunRecord["status"];
  /** `at_rest`: it waits for something, or for another process. `working`: it still goes on here. */
  state: "over" | "at_rest" | "working";
  /** Why it does not go on by itself, if it does not. */
  parkedFor?: string;
}

export async function answerMessage(
  service: WorkflowService,
  kind: MessageKind,
  request: Request,
): Promise<Response> {
  const body = await believedBody(service.world, kind, request);
  if (!body) return plain(401, "Only messages that are signed are accepted.");
  const message = readMessage(body, kind);
  if (!message) return plain(400, "The message is not what this route takes.");
  const { engine, world } = service;
  if (!service.isWorker) return plain(503, "This process executes no runs.", RETRY_AFTER);
  if (!engine?.isConsuming) return plain(503, "This process stands by.", RETRY_AFTER);
  const record = await world.runs.get(message.runId);
  if (!record) return plain(404, "There is no such run.");
  if (message.call !== undefined) {
    const last = await lastOfCall(world, record, message.call);
    if (!last) return plain(404, "The run has no such call.");
    if (last.type === "step_started" && last.isOffered) {
      engine.hostSteps();
      return json(202, outcomeOf(record, false));
    }
  }
  const isResting = TERMINAL.has(record.status) || (await isHeldBack(world, record));
  const isDone = isResting || (await engine.drive(message.runId, DRIVE_LIMIT_MS));
  const now = (await world.runs.get(message.runId)) ?? record;
  const outcome = outcomeOf(now, isDone);
  return json(outcome.state === "working" ? 202 : 200, outcome);
}

/** The body of a message that the world believes; null for all else, of which nothing is done. */
async function believedBody(
  { auth }: World,
  kind: MessageKind,
  request: Request,
): Promise<Uint8Array | null> {
  const { method, headers } = request;
  if (!auth || method !== "POST" || !headers.has("x-everstep-signature")) return null;
  const body = await readShortBody(request, MAX_MESSAGE_BYTES);
  if (!body) return null;
  const signed = { method, path: signedPath(kind), body };
  return (await auth.verify(signed, (name) => headers.get(name))) ? body : null;
}

function readMessage(body: Uint8Array, kind: MessageKind): { runId: string; call?: string } | null {
  try {
    const { runId, call } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    if (typeof runId !== "string" || runId === "") return null;
    if (kind === "flow") return { runId };
    return typeof call === "string" && isStep(call) ? { runId, call } : null;
  } catch {
    return null;
  }
}

function isStep(call: string): boolean {
  return parseCallKey(call).name.startsWith("step//");
}

/** A run that is not to begin yet does not begin because somebody asks after it. */
async function isHeldBack(world: World, { status, dueAt }: RunRecord): Promise<boolean> {
  return status === "pending" && (dueAt === null || dueAt > (await world.now()));
}

/** What has happened to a step last, if there is one. */
async function lastOfCall(world: World, { runId, position }: RunRecord, call: string) {
  const log = await readLog(world, runId, position);
  return log.findLast((event) => "call" in event && event.call === call);
}

function outcomeOf({ runId, status, parked }: RunRecord, isDone: boolean): MessageOutcome {
  const state = TERMINAL.has(status) ? "over" : isDone ? "at_rest" : "working";
  return { runId, status, state, ...(parked && { parkedFor: parked.code }) };
}
