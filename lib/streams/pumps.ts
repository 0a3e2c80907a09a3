/** The pumps of an engine: they outlive the steps that started them, and not the engine. */
import { Pump, type PumpOptions } from "./pump";

const ENDED = "the process that wrote it was stopped";

export class Pumps {
  private readonly running = new Set<Pump>();

  start(source: ReadableStream, options: PumpOptions): void {
    const pump = new Pump(source, options);
    this.running.add(pump);
    void pump.done.finally(() => this.running.delete(pump));
  }

  /** Those that are not done in time break off, and their readers hear of it. */
  async stop(graceMs: number): Promise<void> {
    if (this.running.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      void Promise.all([...this.running].map(({ done }) => done)).then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    await Promise.all([...this.running].map((pump) => pump.stop(ENDED)));
  }

  abandon(): void {
    for (const pump of this.running) pump.abandon(new Error(ENDED));
  }
}
