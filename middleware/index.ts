/** `everstep/middleware`: the routes of workflows, for Express, node:http, and whatever speaks Fetch. */
export { workflowMiddleware } from "./express";
export type { WorkflowMiddleware } from "./express";
export { createWorkflowHandler } from "./handler";
export type { WorkflowHandler } from "./handler";
export { toNodeHandler } from "./node-handler";
export type { NodeHandler, NodeHandlerOptions } from "./node-handler";
export type { MiddlewareOptions } from "./options";
export { createRouteHandler } from "./route-handler";
export type { RouteHandler } from "./route-handler";
export { sendStream } from "./send-stream";
export type { SendStreamOptions } from "./send-stream";
export { startOnce } from "./start-once";
export type { RequestWithHeaders, StartOnceOptions } from "./start-once";
export { streamResponse } from "./stream-response";
export type { StreamFormat, StreamResponseOptions } from "./stream-response";
