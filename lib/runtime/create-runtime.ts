/** What executes the runs of an app in this process: its world, its bundle, its engine. */
import { checkRegistered } from "../build/check-registered";
import { WorkflowRuntimeError } from "../contract/error";
import { registryRecords } from "../contract/registry";
import type { World } from "../contract/world";
import type { EngineOptions } from "../engine/engine";
import { consoleLogger } from "../engine/logger";
import { AppBundle, type AppBundleOptions } from "./app-bundle";
import { current, getWorld, leaveWorld, setApp, setWorld, useWorld } from "./current";
import { createLatestCode } from "./latest-code";
import { loadModules, stepsNotLoaded } from "./load-modules";
import { readMetrics } from "./read-metrics";
import { shareEngine, type SharedEngine } from "./shared-engine";
import { stopOnSignals } from "./stop-on-signals";

export interface RuntimeOptions extends EngineOptions, AppBundleOptions {
  /** Where runs are kept; the environment decides unless it is given. */
  world?: World;
  /** Whether runs are executed in this process: yes. Otherwise it starts them, for others to execute. */
  worker?: boolean;
  /** Whether SIGTERM and SIGINT stop the runtime before they end the process: yes. */
  handlesSignals?: boolean;
  /**
   * The code on which runs in flight go on: `pinned`, that which they were started with; or `latest`,
   * for development. WORKFLOW_CODE decides unless it is given.
   */
  code?: "pinned" | "latest";
}

export interface StopOptions {
  /** How long steps that run may go on, in milliseconds: 10,000. */
  graceMs?: number;
}

export interface Runtime {
  readonly world: World;
  /** What survives what, in the words of the world; null until it has started. */
  readonly guarantee: string | null;
  /** Resolves when runs are executed here, or in the process that this one stands by for. */
  start(): Promise<void>;
  /** Hands back what is held, so that another process goes on with it. */
  stop(options?: StopOptions): Promise<void>;
  /** What this process counts, and what the world says, in the text format of Prometheus. */
  metrics(): Promise<string>;
}

export function createRuntime(options: RuntimeOptions = {}): Runtime {
  return new AppRuntime(options);
}

class AppRuntime implements Runtime {
  readonly world: World;
  guarantee: string | null = null;
  private readonly app: AppBundle;
  private engine: SharedEngine | null = null;
  private starting: Promise<void> | null = null;
  private stopping: Promise<void> | null = null;
  private forgetSignals: (() => void) | null = null;

  constructor(private readonly options: RuntimeOptions) {
    readCode(options.code);
    const isMadeHere = options.world === undefined && current().world === undefined;
    this.world = options.world ?? getWorld();
    useWorld(this.world, isMadeHere);
    this.app = new AppBundle(options);
    setWorld(this.world);
    setApp(this.app);
  }

  async start(): Promise<void> {
    if (this.stopping) throw stopped();
    return (this.starting ??= this.startOnce());
  }

  stop({ graceMs }: StopOptions = {}): Promise<void> {
    return (this.stopping ??= this.stopOnce(graceMs));
  }

  metrics(): Promise<string> {
    return readMetrics(this.world, current().engines.get(this.world)?.engine);
  }

  private async startOnce(): Promise<void> {
    const { world, options } = this;
    const { log = consoleLogger, handlesSignals = true, worker = true } = options;
    this.guarantee = await world.start();
    log("info", this.guarantee);
    if (worker) await this.execute();
    if (handlesSignals) this.forgetSignals = stopOnSignals(() => this.stop());
  }

  private async execute(): Promise<void> {
    const { world, options } = this;
    await this.prepareCode();
    const isLatest = readCode(options.code) === "latest";
    const latestCode = isLatest ? createLatestCode(world, this.app) : undefined;
    this.engine = shareEngine(world, { ...options, latestCode });
    await this.engine.started;
  }

  /** What is wrong with the app is said before it takes work. */
  private async prepareCode(): Promise<void> {
    const { log = consoleLogger } = this.options;
    const { manifest } = await this.app.current();
    const loaded = await loadModules(manifest, this.app.root);
    checkRegistered(manifest, registryRecords(), { loaded });
    const missing = stepsNotLoaded(manifest);
    if (missing.length === 0) return;
    const names = missing.map(({ name, file }) => `${name} (${file})`).join(", ");
    log(
      "warn",
      `These steps are not loaded yet, and runs that reach them wait until they are: ${names}`,
    );
  }

  private async stopOnce(graceMs?: number): Promise<void> {
    const { world } = this;
    await this.starting?.catch(() => undefined);
    this.forgetSignals?.();
    await this.engine?.leave(graceMs);
    const mayClose = leaveWorld(world);
    if (!this.starting || !mayClose) return;
    if (current().world === world) setWorld(undefined);
    await world.close();
  }
}

function readCode(given: unknown): "pinned" | "latest" {
  const code = given ?? (process.env["WORKFLOW_CODE"] || "pinned");
  if (code === "pinned" || code === "latest") return code;
  throw new WorkflowRuntimeError(
    "RUNTIME_OPTION_INVALID",
    `The \`code\` of a runtime, or WORKFLOW_CODE, is ${JSON.stringify(code)}`,
  );
}

function stopped(): WorkflowRuntimeError {
  return new WorkflowRuntimeError("RUNTIME_STOPPED", "The runtime was stopped");
}
