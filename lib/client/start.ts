/**
 * `start`: a run is in the world when this resolves, and nothing is before (P1).
 *
 * - C1 Arguments are taken as they are at the call.
 * - C2 The world has the bundle before it has the first run that names it (P6).
 * - C3 A start inside a step gives the same run in every attempt of the step.
 */
import type { ValueName } from "../codec/codec";
import { EntityConflictError, NotCompiledError, WorkflowRuntimeError } from "../contract/error";
import type { RunCreated } from "../contract/event";
import type { NewRun, RunCreation, World } from "../contract/world";
import { writeBundle } from "../engine/bundle-store";
import { encodeWithBodies } from "../engine/encode-with-bodies";
import { startedRunId } from "../engine/ids";
import { stepScope } from "../engine/step-scope";
import type { CurrentBundle } from "../runtime/app-bundle";
import { current, getApp, getWorld } from "../runtime/current";
import type { StreamPlace } from "../streams/place";
import { StartStreams } from "../streams/world-streams";
import { clientCodec, encodeChunk } from "./client-codec";
import { Run } from "./run";
import { readStartOptions, type StartOptions, type StartSettings } from "./start-options";

type AnyWorkflow = (...args: never[]) => unknown;

/** A workflow by its id, for callers that do not load its module. */
export interface WorkflowReference {
  workflowId: string;
}

type Result<W> = W extends (...args: never[]) => infer R ? Awaited<R> : unknown;

export function start<W extends () => unknown>(
  workflow: W,
  options?: StartOptions,
): Promise<Run<Result<W>>>;
export function start<W extends AnyWorkflow>(
  workflow: W,
  args: Parameters<W>,
  options?: StartOptions,
): Promise<Run<Result<W>>>;
export function start<R = unknown>(
  workflow: WorkflowReference,
  args?: readonly unknown[] | StartOptions,
  options?: StartOptions,
): Promise<Run<R>>;
export async function start(
  workflow: AnyWorkflow | WorkflowReference,
  second?: readonly unknown[] | StartOptions,
  third?: StartOptions,
): Promise<Run<unknown>> {
  const workflowId = idOf(workflow);
  const [args, options] = Array.isArray(second)
    ? [second as unknown[], third]
    : [[], (second as StartOptions | undefined) ?? third];
  const settings = readStartOptions(options);
  const given = { args, metadata: options?.metadata };
  const world = options?.world ?? getWorld();
  const runId = chooseId(world, settings);
  const place = new StartStreams({ world, codec: clientCodec(), encode: encodeChunk }, runId);
  const parent = options?.detach ? undefined : callerOf(options);
  let outcome: RunCreation;
  try {
    const encoding = encodeGiven(given, place);
    const texts = encoding instanceof Promise ? await encoding : encoding;
    const bundle = await getApp().current();
    checkWorkflow(workflowId, bundle);
    const described = { runId, workflowId, bundle, settings, texts, parent };
    outcome = await create(world, bundle, describeRun(described, await world.now()));
  } catch (error) {
    place.drop();
    throw error;
  }
  // crash here: the run waits for the streams that it was given, and learns that they broke off.
  if (outcome.status === "created" || isOwn(outcome, settings)) place.begin();
  else if (outcome.status === "exists") place.attach();
  else place.drop();
  void warnIfNobodyExecutes(world);
  if (outcome.status === "exists") await checkSameWorkflow(world, runId, workflowId);
  return new Run(attach(outcome, runId, settings), world);
}

/** An id that nobody can have used before: its run exists since the first answer was lost (W8). */
function isOwn({ status }: RunCreation, { id }: StartSettings): boolean {
  return status === "exists" && id === undefined && !stepScope.getStore();
}

interface Texts {
  input: string;
  metadata?: string;
}

/** At once, unless there are bodies that have to be read (C1). */
function encodeGiven(
  given: { args: unknown[]; metadata: unknown },
  place: StreamPlace,
): Texts | Promise<Texts> {
  const input = encode(given.args, "workflow arguments", place);
  if (given.metadata === undefined) {
    return typeof input === "string" ? { input } : input.then((text) => ({ input: text }));
  }
  const metadata = encode(given.metadata, "run metadata");
  if (typeof input === "string" && typeof metadata === "string") return { input, metadata };
  return Promise.all([input, metadata]).then(([one, other]) => ({ input: one, metadata: other }));
}

interface Described {
  runId: string;
  workflowId: string;
  bundle: CurrentBundle;
  settings: StartSettings;
  texts: Texts;
  parent: RunCreated["parent"];
}

function describeRun(
  { runId, workflowId, bundle, settings, texts, parent }: Described,
  now: number,
): NewRun {
  const { input, metadata } = texts;
  const deadline = settings.deadline?.(now);
  const startAt = settings.startAt?.(now);
  const record = { runId, workflow: workflowId, bundle: bundle.hash, ...settings.record };
  const event: RunCreated = {
    ...({ type: "run_created", at: now, input } as const),
    ...{ runId, workflow: workflowId, bundle: bundle.hash },
    ...(deadline !== undefined && { deadline }),
    ...(parent && { parent }),
  };
  return {
    record: {
      ...record,
      ...(metadata !== undefined && { metadata }),
      ...(parent && { parent: parent.runId }),
    },
    event,
    // A run that is to fail before it begins has to be looked at then.
    ...(startAt !== undefined && { dueAt: Math.min(startAt, deadline ?? Infinity) }),
  };
}

/** An id stands for one run; that it is of another workflow is a mistake of whoever chose it. */
async function checkSameWorkflow(world: World, runId: string, workflowId: string): Promise<void> {
  const record = await world.runs.get(runId);
  if (!record || record.workflow === workflowId) return;
  throw new EntityConflictError(
    "RUN_KEY_TAKEN",
    `The id "${runId}" belongs to a run of the workflow "${record.workflow}"`,
  );
}

function idOf(workflow: unknown): string {
  const { workflowId } = (workflow ?? {}) as Partial<WorkflowReference>;
  if (typeof workflowId === "string" && workflowId !== "") return workflowId;
  throw new WorkflowRuntimeError(
    "START_INVALID",
    `'start' received an invalid workflow function. Ensure everstep is configured correctly and the function includes a 'use workflow' directive.`,
  );
}

function encode(value: unknown, what: ValueName, place?: StreamPlace): string | Promise<string> {
  return encodeWithBodies(clientCodec(), value, what, place && { place });
}

/** The place in the step is counted at the call, before anything is waited for (C3). */
function chooseId(world: World, { id, record }: StartSettings): string {
  if (id !== undefined) return id;
  const scope = stepScope.getStore();
  if (!scope) return world.runs.newId(record.key);
  return startedRunId(scope.stepId, scope.starts++, scope.facts.startedAt);
}

/** The step that starts the run. One of another world has nothing to do with this one. */
function callerOf(options: StartOptions | undefined): RunCreated["parent"] {
  const scope = stepScope.getStore();
  if (!scope || options?.world !== undefined) return undefined;
  const { runId, call } = scope.facts;
  return { runId, call };
}

function checkWorkflow(workflowId: string, { manifest }: CurrentBundle): void {
  if (manifest.workflows.some(({ id }) => id === workflowId)) return;
  throw new NotCompiledError(
    "WORKFLOW_NOT_IN_MANIFEST",
    `The bundle of this app has no workflow "${workflowId}".`,
  );
}

/** Which worlds have which bundles, as far as this process has told them. */
const told = new WeakMap<World, Set<string>>();

async function create(world: World, bundle: CurrentBundle, run: NewRun): Promise<RunCreation> {
  const known = told.get(world) ?? new Set();
  told.set(world, known);
  if (!known.has(bundle.hash)) {
    await world.bundles.put(bundle.hash, writeBundle(bundle.stored));
    known.add(bundle.hash);
  }
  // crash here: the world has a bundle that no run names, which goes when its time is over.
  try {
    return await world.runs.create(run);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "BUNDLE_UNKNOWN") throw error;
    // No run was left that named it, so the world has let it go.
    await world.bundles.put(bundle.hash, writeBundle(bundle.stored));
    return world.runs.create(run);
  }
}

function attach(
  outcome: RunCreation,
  runId: string,
  { onConflict, record }: StartSettings,
): string {
  if (outcome.status !== "key_taken") return runId;
  if (onConflict === "attach") return outcome.runId;
  throw new EntityConflictError(
    "RUN_KEY_TAKEN",
    `The key "${record.key}" belongs to the run "${outcome.runId}"`,
  );
}

const LOOK_FOR_EXECUTORS_MS = 10_000;
const looked = new WeakMap<World, number>();

/** A run that nobody executes waits in silence otherwise. */
async function warnIfNobodyExecutes(world: World): Promise<void> {
  const now = performance.now();
  if (
    current().engines.has(world) ||
    now - (looked.get(world) ?? -Infinity) < LOOK_FOR_EXECUTORS_MS
  ) {
    return;
  }
  looked.set(world, now);
  const isServed = await world.dispatch.isServed().catch(() => true);
  if (isServed) return;
  console.warn(
    "[everstep] No process executes runs: what was started waits. Start a runtime with createRuntime().start().",
  );
}
