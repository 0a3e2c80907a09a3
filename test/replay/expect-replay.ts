/** The checks that every log has to pass, whatever the workflow does. */
import type { RunEvent } from "../../lib/contract/event";
import { eventOf } from "../../lib/replay/created-events";
import { type Outcome, outcomeOf, replay } from "../../lib/replay/replay";
import { RunContext } from "../../lib/replay/run-context";
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { TestWorld, type WorldOptions } from "./world";

const FROM_CODE = new Set<RunEvent["type"]>([
  "step_created",
  "wait_created",
  "wait_cancelled",
  "hook_created",
  "hook_disposed",
  "environment_read",
]);

/** P4: each prefix of the log, replayed cold, asks for exactly what the rest of the log holds next. */
export function expectPrefixesToReplay(world: TestWorld, stride = 1): void {
  const { log, options, insideTurns } = world;
  for (let length = 1; length <= log.length; length += stride) {
    if (insideTurns.has(length)) continue;
    const outcome = replay(log.slice(0, length), options);
    expectToGoOnAs(outcome, log.slice(length), length);
  }
}

/** The same for a context that was cold up to some event and has been warm since. */
export function expectTurnsToReplay({ log, options }: TestWorld, coldLength: number): void {
  const context = new RunContext(options);
  context.replay(log.slice(0, coldLength));
  expectToGoOnAs(outcomeOf(context), log.slice(coldLength), coldLength);
  for (let at = coldLength; at < log.length; at++) {
    context.apply(log[at]!);
    expect(context.trouble).toBeNull();
  }
}

function expectToGoOnAs(outcome: Outcome, rest: RunEvent[], length: number): void {
  if (outcome.status === "stuck") throw outcome.error;
  if (outcome.status !== "suspended") return;
  const asked = outcome.commands.map((command) => eventOf(command, 0));
  const next = rest.filter(({ type }) => FROM_CODE.has(type)).slice(0, asked.length);
  const timeless = next.map((event) => ({ ...event, at: 0 }));
  expect({ length, events: asked }).toEqual({ length, events: timeless });
}

/**
 * Runs a workflow warm and cold, compares the logs byte for byte, and replays every prefix.
 * Returns the world of the warm run.
 */
export function expectSameEverywhere(bundle: CompiledBundle, script: WorldOptions): TestWorld {
  const warm = new TestWorld(bundle, script).run();
  const cold = new TestWorld(bundle, { ...script, isCold: true }).run();
  const text = ({ log }: TestWorld) => log.map((event) => JSON.stringify(event));
  expect(text(cold)).toEqual(text(warm));
  expectPrefixesToReplay(warm);
  return warm;
}
