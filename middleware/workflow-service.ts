/**
 * The runtime behind the routes: it starts with the app, and what keeps it from starting is said
 * loudly and makes the routes answer 503.
 */
import type { World } from "../lib/contract/world";
import type { Engine } from "../lib/engine/engine";
import { consoleLogger, type Logger } from "../lib/engine/logger";
import { createRuntime, type Runtime, type StopOptions } from "../lib/runtime/create-runtime";
import { current } from "../lib/runtime/current";
import type { MiddlewareOptions } from "./options";

export class WorkflowService {
  /** Resolves when the world is there, and this process executes or stands by. */
  readonly ready: Promise<void>;
  readonly log: Logger;
  state: "starting" | "ready" | "failed" | "closed" = "starting";
  private readonly runtime: Runtime;

  constructor(readonly options: MiddlewareOptions) {
    this.log = options.log ?? consoleLogger;
    this.runtime = createRuntime(options);
    this.ready = this.runtime.start().then(
      () => this.started(),
      (error: unknown) => this.failed(error),
    );
    // Whoever wants to know awaits it; nobody has to.
    this.ready.catch(() => undefined);
  }

  get world(): World {
    return this.runtime.world;
  }

  /** What executes runs in this process; undefined where nothing does. */
  get engine(): Engine | undefined {
    return current().engines.get(this.world)?.engine;
  }

  /** What the world says that survives what; null until it has said so. */
  get guarantee(): string | null {
    return this.runtime.guarantee;
  }

  get isWorker(): boolean {
    return this.options.worker ?? true;
  }

  /** Whether requests can be served; waits while that is still open. */
  async isServing(): Promise<boolean> {
    await this.ready.catch(() => undefined);
    return this.state === "ready";
  }

  metrics(): Promise<string> {
    return this.runtime.metrics();
  }

  close(options?: StopOptions): Promise<void> {
    this.state = "closed";
    return this.runtime.stop(options);
  }

  private started(): void {
    if (this.state === "starting") this.state = "ready";
  }

  private failed(error: unknown): never {
    if (this.state === "starting") {
      this.state = "failed";
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.log("error", `Workflows cannot be used: the runtime did not start. ${text}`);
    }
    throw error;
  }
}
