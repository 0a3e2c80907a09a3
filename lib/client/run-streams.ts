/** The streams of a run, as its callers read them. */
import { StreamError, WorkflowRunNotFoundError } from "../contract/error";
import { TERMINAL } from "../contract/run";
import { buildStreamId, type StreamPlan } from "../contract/stream";
import type { StreamInfo, World } from "../contract/world";
import { openItems, openReadable, type StreamItem } from "../streams/open-streams";
import { rememberStream } from "../streams/place";
import { planOf } from "../streams/stream-plan";
import { stepScope } from "../engine/step-scope";
import { WorldStreams } from "../streams/world-streams";
import { clientCodec, encodeChunk } from "./client-codec";

export type { StreamItem } from "../streams/open-streams";

export interface StreamOptions {
  /** Which of the run's streams; without it the one that `getWritable()` gives without one. */
  namespace?: string;
}

export interface StreamReadingOptions extends StreamOptions {
  /** The chunk to begin at, from 0; a negative one counts from those that are there, backwards. */
  startIndex?: number;
}

export interface WorkflowReadable<T = unknown> extends ReadableStream<T> {
  /** The index of the last chunk that is there; -1 if there is none. */
  getTailIndex(): Promise<number>;
}

export interface RunStreamInfo {
  /** How many chunks were written. */
  count: number;
  isClosed: boolean;
  /** Why it broke off, if it did. */
  error?: string;
}

export function readStream<T>(
  world: World,
  runId: string,
  options: StreamReadingOptions = {},
): WorkflowReadable<T> {
  const { plan, reading } = readOptions(world, runId, options);
  const stream = rememberStream(openReadable<T>(world, plan, reading), plan.streamId);
  const getTailIndex = async () => (await countOf(world, plan)) - 1;
  return Object.assign(stream, { getTailIndex });
}

export function readItems<T>(
  world: World,
  runId: string,
  options: StreamReadingOptions = {},
): ReadableStream<StreamItem<T>> {
  const { plan, reading } = readOptions(world, runId, options);
  return openItems<T>(world, plan, reading);
}

export async function streamInfo(
  world: World,
  runId: string,
  { namespace }: StreamOptions = {},
): Promise<RunStreamInfo> {
  const info = await world.streams.info(planFor(runId, namespace).streamId);
  if (info) return shown(info);
  // Nobody has written to it, and if the run is over, nobody will.
  const run = await world.runs.get(runId);
  if (!run) throw new WorkflowRunNotFoundError(runId);
  return { count: 0, isClosed: TERMINAL.has(run.status) };
}

function shown({ count, isClosed, failure }: StreamInfo): RunStreamInfo {
  return { count, isClosed, ...(failure !== undefined && { error: failure }) };
}

function readOptions(
  world: World,
  runId: string,
  { namespace, startIndex = 0 }: StreamReadingOptions,
) {
  if (!Number.isSafeInteger(startIndex)) {
    throw invalid(`\`startIndex\` must be a whole number, and is ${String(startIndex)}`);
  }
  const plan = planFor(runId, namespace);
  const from = async () =>
    startIndex >= 0 ? startIndex : Math.max(0, (await countOf(world, plan)) + startIndex);
  const codec = clientCodec();
  const place = new WorldStreams({ world, codec, encode: encodeChunk });
  const scope = stepScope.getStore();
  // Whoever writes may need the slot of the step that reads.
  const onWait = scope && (() => scope.waitsForRun());
  return { plan, reading: { codec, place, from, onWait } };
}

async function countOf(world: World, { streamId }: StreamPlan): Promise<number> {
  return (await world.streams.info(streamId))?.count ?? 0;
}

function planFor(runId: string, namespace: unknown = ""): StreamPlan {
  if (typeof namespace !== "string") throw invalid("The `namespace` of a stream must be a string");
  return planOf(buildStreamId(runId, Buffer.from(namespace).toString("base64url")));
}

function invalid(message: string): StreamError {
  return new StreamError("STREAM_OPTION_INVALID", message);
}
