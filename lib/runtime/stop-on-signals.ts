/** SIGTERM and SIGINT stop what runs here in good order, and then end the process as they always do. */
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Of all runtimes of the process, and of all copies of the package. */
interface Stops {
  handlers: Set<unknown>;
  /** Those that are under way: the last one ends the process. */
  count: number;
}

const SYMBOL = Symbol.for("everstep.stops");

interface StopsHolder {
  [SYMBOL]?: Stops;
}

/** Gives what takes the handlers away again. */
export function stopOnSignals(stop: () => Promise<void>): () => void {
  const stops = ((globalThis as StopsHolder)[SYMBOL] ??= { handlers: new Set(), count: 0 });
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      // Somebody else who listens for the signal decides when the process ends.
      const isAlone = process.listeners(signal).every((each) => stops.handlers.has(each));
      remove();
      stops.count++;
      void stop()
        .catch(() => undefined)
        .finally(() => {
          if (--stops.count === 0 && isAlone) process.kill(process.pid, signal);
        });
    };
    stops.handlers.add(handler);
    // Ahead of those who listen once, and are not seen any more when they were called.
    process.prependListener(signal, handler);
    return [signal, handler] as const;
  });
  const remove = () => {
    for (const [signal, handler] of handlers) {
      process.removeListener(signal, handler);
      stops.handlers.delete(handler);
    }
  };
  return remove;
}
