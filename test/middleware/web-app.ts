/**
 * One app with workflows, and servers that lead to it: Express 4 and 5 in all the ways in which the
 * middleware can be mounted, node:http, and a server that knows nothing but Request and Response.
 */
import express5 from "express";
import express4 from "express-4";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import type { World } from "../../lib/contract/world";
import { start, type Run, type WorkflowReference } from "../../lib/api";
import { setWorld } from "../../lib/runtime";
import {
  createWorkflowHandler,
  type MiddlewareOptions,
  toNodeHandler,
  type WorkflowHandler,
  workflowMiddleware,
} from "../../middleware";
import { loadHost, until } from "../engine/test-app";
import { tempApp } from "../replay/world";
import { fetchStyleServer } from "./fetch-style-server";

export type AnyFunction = (...args: never[]) => unknown;

export interface WebApp {
  root: string;
  exports: Record<string, AnyFunction>;
  world: World;
  said: string[];
  /** For everything that leads to the routes of this app. */
  options: MiddlewareOptions;
  start(name: string, ...args: unknown[]): Promise<Run>;
  close(): Promise<void>;
}

/** Its runtimes are started by those who serve it. */
export function openWebApp(source: string, more: MiddlewareOptions = {}): WebApp {
  const root = tempApp({ "workflows/test.ts": source });
  const exports = loadHost(source, path.join(root, "workflows/test.ts"));
  const world = createEmbeddedWorld({ dataDir: path.join(root, "data") });
  const said: string[] = [];
  const log = (_level: string, message: string) => void said.push(message);
  setWorld(world);
  return {
    ...{ root, exports, world, said },
    options: { world, root, log, handlesSignals: false, ...more },
    start: (name, ...args) => start(exports[name] as unknown as WorkflowReference, args, { world }),
    close: () => world.close(),
  };
}

export interface Serving {
  /** Where the routes are: with the prefix, without a slash. */
  base: string;
  ready: Promise<void>;
  close(): Promise<void>;
}

/** Each gives a listener for all requests, and the prefix under which the routes are. */
export type Mount = (options: MiddlewareOptions) => {
  listener: RequestListener | Server;
  prefix: string;
  handler: Pick<WorkflowHandler, "ready" | "close">;
};

type AnyExpress = typeof express5;

const expresses = { "Express 4": express4 as unknown as AnyExpress, "Express 5": express5 };

const mounts = Object.entries(expresses).flatMap(([name, express]): [string, Mount][] => [
  [
    `${name} at the root`,
    (options) => {
      const handler = workflowMiddleware(options);
      const app = express();
      app.use(handler);
      return { listener: app, prefix: "", handler };
    },
  ],
  [
    `${name} under a prefix`,
    (options) => {
      const handler = workflowMiddleware(options);
      const app = express();
      app.use("/api", handler);
      return { listener: app, prefix: "/api", handler };
    },
  ],
  [
    `${name} in a Router`,
    (options) => {
      const handler = workflowMiddleware(options);
      const router = express.Router();
      router.use("/inner", handler);
      const app = express();
      app.use("/outer", router);
      return { listener: app, prefix: "/outer/inner", handler };
    },
  ],
]);

export const MOUNTS: Readonly<Record<string, Mount>> = {
  ...Object.fromEntries(mounts),
  "node:http": (options) => {
    const handler = createWorkflowHandler(options);
    return { listener: toNodeHandler(handler, { log: options.log }), prefix: "", handler };
  },
  "a Fetch-style server": (options) => {
    const handler = createWorkflowHandler(options);
    const fetchHandler = async (request: Request) =>
      (await handler(request)) ?? new Response(null, { status: 404 });
    return { listener: fetchStyleServer(fetchHandler), prefix: "", handler };
  },
};

export async function serve(mount: Mount, options: MiddlewareOptions): Promise<Serving> {
  const { listener, prefix, handler } = mount(options);
  const server = typeof listener === "function" ? createServer(listener) : listener;
  const base = await listening(server);
  return {
    base: base + prefix,
    ready: handler.ready,
    async close() {
      await handler.close({ graceMs: 0 });
      await stopped(server);
    },
  };
}

/** Gives where it can be reached. */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function stopped(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

export function webhookAt(base: string, token: string): string {
  return `${base}/.well-known/workflow/v1/webhook/${encodeURIComponent(token)}`;
}

export async function openHook({ world }: Pick<WebApp, "world">, token: string): Promise<void> {
  await until(async () => (await world.hooks.find(token)) !== null);
}
