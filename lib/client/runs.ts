/** Finding runs. */
import type { Page, PageQuery, RunRecord, RunStatus } from "../contract/run";
import type { World } from "../contract/world";
import { getWorld } from "../runtime/current";
import { clientCodec } from "./client-codec";
import { Run } from "./run";

/** No look-up: a run that is not there says so when it is asked something. */
export function getRun<T = unknown>(runId: string, options: { world?: World } = {}): Run<T> {
  return new Run<T>(runId, options.world ?? getWorld());
}

export interface ListRunsQuery extends PageQuery {
  /** The id of the workflow. */
  workflowName?: string;
  status?: RunStatus;
  key?: string;
  /** Runs that were started in steps of this one. */
  parentRunId?: string;
  /** Runs that have all of these. */
  tags?: Readonly<Record<string, string>>;
  /** Runs that were created then or later. */
  createdFrom?: Date;
  createdBefore?: Date;
  world?: World;
}

export interface RunSummary {
  runId: string;
  workflowName: string;
  status: RunStatus;
  createdAt: Date;
  startedAt?: Date;
  completedAt?: Date;
  key?: string;
  title?: string;
  metadata?: unknown;
  tags?: Readonly<Record<string, string>>;
  /** The run in whose step it was started. */
  parentRunId?: string;
  /** Why it does not go on by itself. */
  parked?: { code: string; message: string };
  /** How it failed. */
  error?: { name: string; message: string; stack?: string; code?: string };
}

export async function listRuns(query: ListRunsQuery = {}): Promise<Page<RunSummary>> {
  const { workflowName, parentRunId, createdFrom, createdBefore, ...others } = query;
  const { world = getWorld(), ...rest } = others;
  const page = await world.runs.list({
    ...rest,
    ...(workflowName !== undefined && { workflow: workflowName }),
    ...(parentRunId !== undefined && { parent: parentRunId }),
    ...(createdFrom && { createdFrom: createdFrom.getTime() }),
    ...(createdBefore && { createdBefore: createdBefore.getTime() }),
  });
  return { data: page.data.map(summaryOf), cursor: page.cursor };
}

function summaryOf(record: RunRecord): RunSummary {
  const { runId, workflow, status, createdAt, startedAt, endedAt, failure, metadata } = record;
  const { key, title, tags, parent, parked } = record;
  return {
    ...{ runId, workflowName: workflow, status, createdAt: new Date(createdAt) },
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(endedAt !== undefined && { completedAt: new Date(endedAt) }),
    ...(key !== undefined && { key }),
    ...(title !== undefined && { title }),
    ...(metadata !== undefined && { metadata: clientCodec().decode(metadata) }),
    ...(tags && { tags }),
    ...(parent !== undefined && { parentRunId: parent }),
    ...(parked && { parked: { code: parked.code, message: parked.message } }),
    ...(failure && { error: failure }),
  };
}
