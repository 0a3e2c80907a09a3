/**
 * An app in this process: workflows from source, compiled as a user's build would, on a world and a
 * runtime of its own.
 */
import { transformSync } from "@babel/core";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import everstepPlugin from "../../babel-plugin";
import * as api from "../../lib/api";
import { registryRecords } from "../../lib/contract/registry";
import type { World } from "../../lib/contract/world";
import * as everstep from "../../lib/index";
import { createRuntime, type Runtime, type RuntimeOptions, setWorld } from "../../lib/runtime";
import { tempApp } from "../replay/world";

const loadHere = createRequire(__filename);

type AnyFunction = (...args: never[]) => unknown;

export interface TestApp {
  root: string;
  /** What the workflow file exports. */
  exports: Record<string, AnyFunction>;
  /** As its callers see it; the engine may see it through a network. */
  world: World;
  runtime: Runtime;
  /** What the engine said. */
  said: string[];
  /** Stops the runtime, and starts another on the same data, as after a deploy. */
  restart(options?: RuntimeOptions): Promise<void>;
  /** Stops the runtime, and starts another with other code. */
  deploy(source: string, options?: RuntimeOptions): Promise<void>;
  stop(): Promise<void>;
}

export interface TestAppOptions extends RuntimeOptions {
  /** Makes the world; embedded ones on the same folder unless it is given. */
  openWorld?: () => World;
  /** Wraps the world: delays, failures. */
  network?: (world: World) => World;
  dataDir?: string;
  file?: string;
}

/** `source` is the file `workflows/test.ts`, unless another is named. */
export async function openApp(source: string, options: TestAppOptions = {}): Promise<TestApp> {
  const { file = "workflows/test.ts" } = options;
  const root = tempApp({ [file]: source });
  const exports = loadHost(source, path.join(root, file));
  const { network = (world: World) => world, dataDir = path.join(root, "data"), ...rest } = options;
  const { openWorld = () => createEmbeddedWorld({ dataDir }) } = options;
  const said: string[] = [];
  const open = (more: RuntimeOptions = {}) => {
    const inner = openWorld();
    const world = network(inner);
    const log = (_level: string, message: string) => void said.push(message);
    const given = { root, log, handlesSignals: false, ...rest, ...more };
    const runtime = createRuntime({ ...given, world });
    setWorld(inner);
    return { inner, runtime };
  };
  let opened = open();
  await opened.runtime.start();
  const app: TestApp = {
    ...{ root, exports, said, world: opened.inner, runtime: opened.runtime },
    async restart(more) {
      await app.stop();
      opened = open(more);
      await opened.runtime.start();
      app.world = opened.inner;
      app.runtime = opened.runtime;
    },
    async deploy(other, more) {
      await app.stop();
      writeFileSync(path.join(root, file), other);
      unregister();
      app.exports = loadHost(other, path.join(root, file));
      await app.restart(more);
    },
    async stop() {
      await opened.runtime.stop({ graceMs: 0 });
      await opened.inner.close();
    },
  };
  return app;
}

/** The next process has loaded nothing yet. */
export function unregister(): void {
  registryRecords().splice(0);
}

/** The module as the host sees it: steps with bodies, workflows that say `start()`. */
export function loadHost(source: string, filename: string): Record<string, AnyFunction> {
  const { code } = transformSync(source, {
    filename,
    babelrc: false,
    configFile: false,
    plugins: [everstepPlugin],
    presets: [
      ["@babel/preset-env", { targets: { node: "20" }, modules: "commonjs" }],
      "@babel/preset-typescript",
    ],
  })!;
  const module = { exports: {} as Record<string, AnyFunction> };
  const load = (name: string): unknown => {
    if (name === "everstep") return everstep;
    return name === "everstep/api" ? api : loadHere(name);
  };
  const named = `${code!}\n//# sourceURL=${filename}`;
  new Function("require", "module", "exports", named)(load, module, module.exports);
  return module.exports;
}

/** Resolves when the condition holds; asks again whenever the event loop has turned. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Starts a workflow of the app and waits for what it returns. */
export async function runOf(app: TestApp, name: string, ...args: unknown[]): Promise<unknown> {
  const run = await startOf(app, name, ...args);
  return run.returnValue;
}

export async function startOf(app: TestApp, name: string, ...args: unknown[]): Promise<api.Run> {
  const workflow = app.exports[name] as unknown as api.WorkflowReference;
  return api.start(workflow, args, { world: app.world });
}
