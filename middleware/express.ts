/**
 * `app.use(workflowMiddleware())`, for Express 4 and 5. It knows Express by its shape only.
 *
 * To Express it looks like an app of its own, so that it is told where it is mounted: that makes the
 * addresses of webhooks, and shows what is mounted ahead of it. In a Router it learns both with the
 * first request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { StopOptions } from "../lib/runtime/create-runtime";
import { AppUrl } from "./app-url";
import { bodyParserAhead, hasParsedBody, PARSER_WARNING } from "./body-parsers";
import { handlerOf } from "./handler";
import { toNodeHandler } from "./node-handler";
import type { MiddlewareOptions } from "./options";
import type { ParentApp } from "./parent-app";
import { WorkflowService } from "./workflow-service";

type Next = (error?: unknown) => void;

export interface WorkflowMiddleware {
  (req: IncomingMessage, res: ServerResponse, next: Next): void;
  /** Resolves when runs are executed here, or in the process that this one stands by for. */
  readonly ready: Promise<void>;
  /** Hands back what is held, so that another process goes on with it. */
  close(options?: StopOptions): Promise<void>;
  /** What this process counts, and what the world says, in the text format of Prometheus. */
  metrics(): Promise<string>;
}

/** What Express asks of an app that is mounted in another. */
interface Mountable {
  handle(req: IncomingMessage, res: ServerResponse, next: Next): void;
  set(): void;
  emit(event: string, parent: ParentApp): boolean;
  mountpath?: unknown;
}

/** Starts the runtime at once; what it cannot serve it passes on. */
export function workflowMiddleware(options: MiddlewareOptions = {}): WorkflowMiddleware {
  const appUrl = new AppUrl();
  const url = options.url ?? (process.env["WORKFLOW_URL"] || (() => appUrl.current()));
  const service = new WorkflowService({ ...options, url });
  const handle = toNodeHandler(handlerOf(service), { log: service.log });
  let hasWarned = false;
  let isInApp = false;
  const warnOf = (parser: string | null) => {
    if (parser === null || hasWarned) return;
    hasWarned = true;
    service.log("warn", `${parser} ${PARSER_WARNING}`);
  };
  const middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => {
    appUrl.learn(req);
    // Below an app the parsers ahead of us are known; what others have read is not our business.
    if (!isInApp && hasParsedBody(req)) warnOf("A body parser");
    handle(req, res, next);
  };
  const mountable: Mountable = {
    handle: middleware,
    set: () => undefined,
    emit(event, parent) {
      if (event === "mount") {
        const { mountpath } = mounted;
        isInApp = true;
        appUrl.mountedAt(parent, mountpath);
        warnOf(bodyParserAhead(parent, mountpath));
      }
      return true;
    },
  };
  const { ready } = service;
  const close = (stop?: StopOptions) => service.close(stop);
  const mounted: WorkflowMiddleware & Mountable = Object.assign(middleware, {
    ...mountable,
    ...{ ready, close, metrics: () => service.metrics() },
  });
  return mounted;
}
