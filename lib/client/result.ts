/** What a run that is over gives to who waits for it. */
import {
  WorkflowRunCancelledError,
  WorkflowRunFailedError,
  WorkflowRunNotFoundError,
} from "../contract/error";
import type { Failure } from "../contract/event";
import type { RunRecord } from "../contract/run";
import type { World } from "../contract/world";
import { inPlace } from "../streams/place";
import { WorldStreams } from "../streams/world-streams";
import { clientCodec, encodeChunk } from "./client-codec";

export async function resultOf(world: World, { runId, position }: RunRecord): Promise<unknown> {
  const [last] = await world.runs.read(runId, position, 1);
  switch (last?.event.type) {
    case "run_completed":
      return decodeOutput(world, last.event.output);
    case "run_failed":
      throw new WorkflowRunFailedError(runId, causeOf(last.event.failure));
    case "run_cancelled":
      throw new WorkflowRunCancelledError(runId);
    default:
      // Its retention was over between two questions.
      throw new WorkflowRunNotFoundError(runId);
  }
}

/** Streams in it are read from the world, where they may still be growing. */
function decodeOutput(world: World, output: string): unknown {
  const codec = clientCodec();
  const streams = new WorldStreams({ world, codec, encode: encodeChunk });
  return inPlace(streams, () => codec.decode(output));
}

/** What was thrown, if it can be read here; with the stack that names the user's own files. */
export function causeOf({ name, message, stack, code, value }: Failure): Error & { code?: string } {
  const error: Error & { code?: string } = readError(value) ?? new Error(message);
  hide(error, "message", message);
  if (error.name !== name) hide(error, "name", name);
  if (stack !== undefined) hide(error, "stack", stack);
  if (code !== undefined && error.code === undefined) error.code = code;
  return error;
}

function readError(value: string): Error | null {
  try {
    const thrown = clientCodec().decode(value);
    return thrown instanceof Error ? thrown : null;
  } catch {
    return null;
  }
}

function hide(error: Error, name: string, value: string): void {
  Object.defineProperty(error, name, {
    value,
    enumerable: false,
    writable: true,
    configurable: true,
  });
}
