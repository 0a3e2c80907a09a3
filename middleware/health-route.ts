/** Health: whether runs go on, and not only whether somebody answers. */
import type { World } from "../lib/contract/world";
import { empty, json } from "./answer";
import { packageVersion } from "./package-version";
import type { WorkflowService } from "./workflow-service";

/** How long the world may take to answer. */
const WORLD_LIMIT_MS = 2_000;
/** A run that is due for so long, and that nobody has, is one that nobody takes. */
const OVERDUE_MS = 10_000;
/** Of the messages between processes. */
const SPEC_VERSION = 1;

export interface Health {
  healthy: boolean;
  world: string;
  /** What survives what, in the words of the world. */
  guarantee: string | null;
  isReachable: boolean;
  /** `here`, or by another process, or by none. */
  consuming: "here" | "elsewhere" | "nobody";
  /** How long the run has waited that should have been taken first, in milliseconds. */
  overdueMs: number;
  version: string;
  /** What is wrong, in a sentence. */
  reason?: string;
}

export async function answerHealth(service: WorkflowService): Promise<Response> {
  const health = await healthOf(service);
  return json(health.healthy ? 200 : 503, health);
}

export async function healthOf(service: WorkflowService): Promise<Health> {
  const { world, state } = service;
  const health: Health = {
    ...{ healthy: false, world: world.name, guarantee: service.guarantee, isReachable: false },
    ...{ consuming: "nobody", overdueMs: 0, version: packageVersion() },
  };
  if (state !== "ready") return { ...health, reason: REASONS[state] };
  try {
    const { fault, ...work } = await inTime(look(world, service));
    const found = { ...health, ...work, isReachable: true };
    const reason = fault ?? reasonOf(found, service.isWorker);
    return reason === null ? { ...found, healthy: true } : { ...found, reason };
  } catch (error) {
    service.log("error", `The world does not answer: ${String(error)}`);
    return { ...health, reason: "The world does not answer." };
  }
}

const REASONS = {
  starting: "The runtime has not started yet.",
  failed: "The runtime did not start; the log says why.",
  closed: "The runtime was stopped.",
} as const;

type Work = Pick<Health, "consuming" | "overdueMs">;

async function look(
  world: World,
  { engine }: WorkflowService,
): Promise<Work & { fault: string | null }> {
  const now = await world.now();
  const dueAt = await world.dispatch.nextDue();
  const fault = (await world.check?.()) ?? null;
  const isHere = engine?.isConsuming ?? false;
  const isServed = isHere || (await world.dispatch.isServed());
  return {
    fault,
    consuming: isHere ? "here" : isServed ? "elsewhere" : "nobody",
    overdueMs: dueAt === null ? 0 : Math.max(0, Math.round(now - dueAt)),
  };
}

/** A process that only takes requests is not to blame when nobody executes. */
function reasonOf({ consuming, overdueMs }: Work, isWorker: boolean): string | null {
  if (!isWorker) return null;
  if (consuming === "nobody") return "No process executes runs.";
  if (overdueMs <= OVERDUE_MS) return null;
  return `A run has been due for ${Math.round(overdueMs / 1000)} s, and nobody has taken it.`;
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const give = () => reject(new Error(`no answer within ${WORLD_LIMIT_MS} ms`));
    timer = setTimeout(give, WORLD_LIMIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, HEAD, POST, OPTIONS",
  "access-control-allow-headers": "*",
} as const;

const ASKED_BY = new Set(["GET", "HEAD", "POST"]);

/** What `?__health` gives on a route (HE-05); null for a method that does not ask. */
export function answerEndpointHealth(
  service: WorkflowService,
  method: string,
  endpoint: string,
): Response | null {
  if (method === "OPTIONS") return empty(204, CORS);
  if (!ASKED_BY.has(method)) return null;
  const healthy = service.state === "ready";
  const workflowCoreVersion = packageVersion();
  const answer = { healthy, endpoint, specVersion: SPEC_VERSION, workflowCoreVersion };
  return json(healthy ? 200 : 503, answer, CORS);
}
