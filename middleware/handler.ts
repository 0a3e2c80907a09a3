/**
 * The routes without a framework: a `Request` in, a `Response` out. Express, node:http and all others
 * only convert.
 */
import type { StopOptions } from "../lib/runtime/create-runtime";
import { empty, json, RETRY_AFTER } from "./answer";
import { answerEndpointHealth, answerHealth } from "./health-route";
import { answerManifest } from "./manifest-route";
import { answerMessage } from "./message-route";
import type { MiddlewareOptions } from "./options";
import { type Route, routeOf } from "./route";
import { answerWebhook } from "./webhook-route";
import { WorkflowService } from "./workflow-service";

export interface WorkflowHandler {
  /** Null for a request to none of our routes: the app answers those. */
  (request: Request): Promise<Response | null>;
  /** Resolves when runs are executed here, or in the process that this one stands by for. */
  readonly ready: Promise<void>;
  /** Hands back what is held, so that another process goes on with it. */
  close(options?: StopOptions): Promise<void>;
  /** What this process counts, and what the world says, in the text format of Prometheus. */
  metrics(): Promise<string>;
}

/** Starts the runtime at once, and answers what comes below `/.well-known/workflow/v1/`. */
export function createWorkflowHandler(options: MiddlewareOptions = {}): WorkflowHandler {
  return handlerOf(new WorkflowService(options));
}

export function handlerOf(service: WorkflowService): WorkflowHandler {
  const handle = async (request: Request): Promise<Response | null> => {
    const url = new URL(request.url);
    const route = routeOf(url.pathname);
    return route && answer(service, route, request, url);
  };
  const { ready } = service;
  const close = (stop?: StopOptions) => service.close(stop);
  return Object.assign(handle, { ready, close, metrics: () => service.metrics() });
}

/** Whatever goes wrong is in the log, and nothing of it in the answer. */
export async function answer(
  service: WorkflowService,
  route: Route,
  request: Request,
  url: URL,
): Promise<Response> {
  try {
    return await dispatch(service, route, request, url);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    service.log("error", `A request to ${route.name} failed: ${text}`);
    return empty(500);
  }
}

async function dispatch(
  service: WorkflowService,
  route: Route,
  request: Request,
  url: URL,
): Promise<Response> {
  const { method } = request;
  switch (route.name) {
    case "health":
      return isRead(method) ? answerHealth(service) : notAllowed();
    case "manifest":
      return isRead(method) ? answerManifest(service) : notAllowed();
    case "unknown":
      return empty(404);
    case "flow":
    case "step": {
      const asked = url.searchParams.has("__health");
      const health = asked ? answerEndpointHealth(service, method, route.name) : null;
      if (health) return health;
      if (!(await service.isServing())) return unavailable();
      return answerMessage(service, route.name, request);
    }
    case "webhook":
      if (!(await service.isServing())) return unavailable();
      return answerWebhook(service, route.token, request);
  }
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function notAllowed(): Response {
  return empty(405, { allow: "GET, HEAD" });
}

function unavailable(): Response {
  return json(503, { error: "Workflows cannot be used now." }, RETRY_AFTER);
}
