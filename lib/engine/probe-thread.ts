/**
 * The other end of probe.ts: replays a log in a thread of its own and says when it has come to rest.
 * scripts/build.mjs bundles it into probe-script.ts, since a thread is started from text.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { RunEvent } from "../contract/event";
import { replay } from "../replay/replay";
import { compileBundle } from "../replay/sandbox";
import { globalsServices } from "./globals-services";

export interface ProbeRequest {
  code: string;
  hash: string;
  events: readonly RunEvent[];
}

const { code, hash, events } = workerData as ProbeRequest;

replay(events, {
  bundle: compileBundle(code, hash),
  services: {
    ...globalsServices,
    environment: (name) => process.env[name],
    print: () => undefined,
    newToken: (_runId, call) => call,
    // The thread is ended from outside; nothing in here has to watch the time.
    computedMs: () => 0,
  },
});
parentPort?.postMessage("at rest");
