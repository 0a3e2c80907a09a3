/**
 * One run for each key, however often and from wherever it is started: the id of the run follows from
 * the key, and the world has one run of an id.
 */
import { createHash } from "node:crypto";
import { EntityConflictError } from "../contract/error";
import type { World } from "../contract/world";
import { encodeWithBodies } from "../engine/encode-with-bodies";
import { getWorld } from "../runtime/current";
import { clientCodec } from "./client-codec";
import type { Run } from "./run";
import { start, type WorkflowReference } from "./start";
import type { StartOptions } from "./start-options";

export interface StartOnceOptions extends Omit<StartOptions, "id" | "key" | "onConflict"> {
  /** Whose key it is, where several may choose the same: the id of a user, say. */
  scope?: string;
}

/** Rejects with IDEMPOTENCY_KEY_REUSED where the key has started a run with other arguments. */
export async function startWithKey(
  key: string,
  workflow: WorkflowReference,
  args: readonly unknown[],
  { scope = "", ...options }: StartOnceOptions = {},
): Promise<Run<unknown>> {
  const { world = getWorld() } = options;
  const id = runIdOfKey(key, workflow.workflowId, scope);
  // Before the start, which may take what is read only once.
  const input = await encodeWithBodies(clientCodec(), [...args], "workflow arguments");
  const run = await start(workflow, args, { ...options, id });
  if ((await inputOf(world, id)) === input) return run;
  throw new EntityConflictError(
    "IDEMPOTENCY_KEY_REUSED",
    `The idempotency key of run "${id}" came again with other arguments`,
  );
}

function runIdOfKey(key: string, workflowId: string, scope: string): string {
  const text = JSON.stringify([scope, workflowId, key]);
  return `wrun_${createHash("sha256").update(text).digest("base64url")}`;
}

async function inputOf(world: World, runId: string): Promise<string | null> {
  const [first] = await world.runs.read(runId, 1, 1);
  return first?.event.type === "run_created" ? first.event.input : null;
}
