/** What the files of `everstep build --handlers` are made of: one route each, one runtime for all. */
import { empty } from "./answer";
import { createWorkflowHandler, type WorkflowHandler } from "./handler";
import type { MiddlewareOptions } from "./options";
import { routeOf } from "./route";

export type RouteHandler = (request: Request) => Promise<Response>;

/** The handlers of a build are loaded as modules of their own, in an order that nobody knows. */
const handlers = new Map<string, WorkflowHandler>();

/** Answers requests to this route, and 404 to all others. The first one starts the runtime. */
export function createRouteHandler(
  name: "flow" | "step" | "webhook",
  options: MiddlewareOptions & { bundle: string },
): RouteHandler {
  const { bundle } = options;
  const handler = handlers.get(bundle) ?? createWorkflowHandler(options);
  handlers.set(bundle, handler);
  return async (request) => {
    const { pathname } = new URL(request.url);
    const answer = routeOf(pathname)?.name === name ? await handler(request) : null;
    return answer ?? empty(404);
  };
}
