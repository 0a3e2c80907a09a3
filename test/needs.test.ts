/**
 * The failure scenarios that people have met in other systems (A: logs and replay, E:
 * Express, F: hooks, G: streams, K: deploys), and where each is tested. What cannot be a test here says why.
 */
import { readFileSync } from "node:fs";
import path from "node:path";

/** A file and what stands in a title of it; or a sentence. */
const NEEDS: Record<string, readonly [file: string, title: string] | string> = {
  A1: ["engine/ownership.test.ts", "A1, P3: a session that is lost while"],
  A2: ["engine/hook-races.test.ts", "A2: a payload about the deadline"],
  A3: ["engine/hook-races.test.ts", "A3: hooks that are all resumed"],
  A4: ["engine/hook-races.test.ts", "A4: after sleeps that won"],
  A5: ["engine/hook-races.test.ts", "A5: a hook that a loop makes"],
  A6: ["replay/replay.test.ts", "follows the log (SG-08, SG-09, A6)"],
  A7: ["replay/divergence.test.ts", "A7"],
  A8: ["../lib/conformance/runs.ts", "a reader pages through a log from any position"],
  A9: ["../lib/conformance/runs.ts", "an append at another position is refused"],
  A10: ["replay/replay.test.ts", "the stack of a failed step is the same on every replay (A10)"],
  A11: ["replay/histories.test.ts", "replays from every prefix"],
  A12: ["replay/turns.test.ts", "what ends with the run was not forgotten"],
  A13: ["engine/runs.test.ts", "A13: a step that lost a race"],
  A14: ["engine/hook-races.test.ts", "A14: a sleep that was cancelled"],
  A15: "How long a step takes at the end of a long log is measured in bench/engine.mjs, as W5: no test depends on speed.",
  A16: ["engine/steps.test.ts", "A16: a thousand steps at once"],
  A17: ["replay/histories.test.ts", "the same bundle makes the same log today, byte for byte"],
  E1: ["middleware/express.test.ts", "E1: behind express.json() with `verify` the bytes are exact"],
  E2: ["middleware/http-contract.test.ts", "E2, WH-06, WH-18: bodies of every kind"],
  E3: ["middleware/express.test.ts", "E3, WH-02, HE-09: addresses of webhooks have the prefix"],
  E4: ["middleware/http-contract.test.ts", "E4, WH-08, WH-09: the answer of a step"],
  E5: ["middleware/stream-response.test.ts", "E5: a body that is cancelled releases its reader"],
  E6: ["middleware/stream-sending.test.ts", "E6: SSE arrives chunk by chunk"],
  E7: ["middleware/express.test.ts", "E7: two in one process have one engine"],
  E8: ["middleware/express.test.ts", "E8: what is started before the runtime is ready"],
  E9: ["middleware/express.test.ts", "E9: an error of start() in an async route"],
  E10: ["middleware/processes.test.ts", "E10: of eight workers that boot"],
  E11: ["middleware/express.test.ts", "E11: an Idempotency-Key that comes fifty times"],
  F1: ["engine/hook-payloads.test.ts", "F1: payloads for a hook that is still to come"],
  F2: ["engine/hook-payloads.test.ts", "F2: of a hundred at once one resumes"],
  F3: ["engine/hook-payloads.test.ts", "F3: a payload that was stored while"],
  F4: ["engine/hook-payloads.test.ts", "F4: an event that its provider sends five times"],
  F5: ["engine/hooks.test.ts", "F5: two runs that are alike"],
  F6: ["engine/hooks.test.ts", "F6, HK-11, HK-12"],
  F7: ["engine/hook-payloads.test.ts", "F7: a token whose run ended"],
  F8: ["engine/versions.test.ts", "F8: a hook that waits over many deploys"],
  F9: ["engine/hooks.test.ts", "F9: payloads during a long step wait"],
  G1: ["streams/stream-faults.test.ts", "G1: a reader of chunks that are not kept"],
  G2: ["streams/streams.test.ts", "G2, SM-11: a lock that is never released"],
  G3: ["streams/stream-crash.test.ts", "P1, G3, G4: what steps write survives kills"],
  G4: ["middleware/stream-response.test.ts", "G4: a chunk of a later attempt is announced"],
  G5: ["streams/stream-faults.test.ts", "G5: five hundred readers"],
  G6: ["middleware/stream-response.test.ts", "G6: characters that are split over chunks"],
  G7: ["examples/streaming.test.ts", "G7: a browser that is cut off comes back"],
  G8: ["middleware/stream-sending.test.ts", "G8: a client that does not read stops the reading"],
  G9: ["streams/streams.test.ts", "G9, SM-09: many steps write at once"],
  K1: ["engine/versions.test.ts", "K1: runs in flight finish on their own code"],
  K2: ["engine/versions.test.ts", "K2: a step that is not deployed parks the run"],
  K3: ["engine/fleet.test.ts", "K3: old and new processes"],
  K4: ["world/formats.test.ts", "K4: 100 runs that were parked"],
  K5: ["world/formats.test.ts", "K5: data of a later format is refused"],
};

test.each(Object.entries(NEEDS))("%s is tested where it is said to be", (_id, where) => {
  if (typeof where === "string") return expect(where).toMatch(/\.$/);
  const [file, title] = where;
  expect(readFileSync(path.join(__dirname, file), "utf8")).toContain(title);
});

test("no scenario of these groups is left out", () => {
  const count = (letter: string) => Object.keys(NEEDS).filter((id) => id[0] === letter).length;
  expect([..."AEFGK"].map(count)).toEqual([17, 11, 9, 9, 5]);
});
