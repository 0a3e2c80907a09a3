/** SIGTERM and SIGINT stop what runs here in good order, and then end the process as they always do. */
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Gives what takes the handlers away again. */
export function stopOnSignals(stop: () => Promise<void>): () => void {
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      remove();
      // Somebody else who listens for the signal decides when the process ends.
      const isAlone = process.listenerCount(signal) === 0;
      void stop().finally(() => {
        if (isAlone) process.kill(process.pid, signal);
      });
    };
    process.once(signal, handler);
    return [signal, handler] as const;
  });
  const remove = () => {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
  };
  return remove;
}
