/**
 * Runs a scenario with a crash at each place where one can hurt: just before an append is stored, and
 * just after it was, before anybody has heard of it. The crash is one of the engine's process: all
 * that it had in memory is lost, and another one goes on from the log.
 */
import { describeCall } from "../contract/call";
import { CrashPointError } from "../contract/error";
import { type DurationText, parseDuration } from "../contract/duration";
import type { Append } from "../contract/world";
import { explainRun } from "../client/explain";
import { BodyCount, type RepeatedStep } from "./body-count";
import { TestHost, type TestWorld, type TestWorldOptions } from "./test-world";

export type CrashFace = "before" | "after";

export interface CrashOptions extends TestWorldOptions {
  /** How long the scenario may take at one point, in real time: 30 seconds. */
  timeout?: DurationText | number;
}

export interface CrashReport<T> {
  /** How many appends the scenario makes when nothing crashes. */
  appends: number;
  /** What it returned then. */
  returned: T;
  /** One for each append and face, in order. */
  points: CrashPoint<T>[];
}

export interface CrashPoint<T> {
  /** The number of the append, from 1. */
  append: number;
  face: CrashFace;
  /** What the append was to store; empty if the scenario was over before it. */
  events: string[];
  /** Steps whose bodies were called more often than without the crash. */
  repeated: RepeatedStep[];
  /** What the scenario returned. */
  returned: T;
}

export type Scenario<T> = (world: TestWorld) => Promise<T>;

const USUAL_TIMEOUT_MS = 30_000;

/** Rejects with a CrashPointError that names the point at which the scenario failed. */
export async function crashAt<T>(
  where: "every-append" | number,
  scenario: Scenario<T>,
  options: CrashOptions = {},
): Promise<CrashReport<T>> {
  const { timeout, ...rest } = options;
  const now = options.now ?? new Date();
  const given = { ...rest, now };
  const ms = timeout === undefined ? USUAL_TIMEOUT_MS : parseDuration(timeout);
  const first = await withoutCrash(scenario, given, ms);
  const numbers =
    where === "every-append" ? Array.from({ length: first.appends }, (_, n) => n + 1) : [where];
  const points: CrashPoint<T>[] = [];
  for (const append of numbers) {
    for (const face of ["before", "after"] as const) {
      const crash = new Crash(append, face);
      points.push(await crash.run(scenario, given, first.bodies, ms));
    }
  }
  return { appends: first.appends, returned: first.returned, points };
}

async function withoutCrash<T>(scenario: Scenario<T>, options: TestWorldOptions, ms: number) {
  const host = new TestHost(options);
  const bodies = new BodyCount(host);
  let appends = 0;
  host.engine.aroundAppend = (_append, store) => {
    appends++;
    return store();
  };
  try {
    const returned = await within(ms, scenario(host.world), () => unfinished(host.world));
    return { appends, bodies, returned };
  } finally {
    await host.close();
  }
}

class Crash {
  private count = 0;
  private events: string[] = [];

  constructor(
    private readonly append: number,
    private readonly face: CrashFace,
  ) {}

  async run<T>(
    scenario: Scenario<T>,
    options: TestWorldOptions,
    usual: BodyCount,
    ms: number,
  ): Promise<CrashPoint<T>> {
    const host = new TestHost(options);
    const bodies = new BodyCount(host);
    host.engine.aroundAppend = (append, store) => this.around(host, append, store);
    const { append, face } = this;
    try {
      const { world } = host;
      const returned = await within(ms, scenario(world), () => unfinished(world));
      const { events } = this;
      return { append, face, events, repeated: bodies.beyond(usual), returned };
    } catch (error) {
      throw this.failure(error);
    } finally {
      await host.close();
    }
  }

  private async around<A>(host: TestHost, append: Append, store: () => Promise<A>) {
    if (++this.count !== this.append) return store();
    this.events = eventsOf(append);
    if (this.face === "after") await store();
    void host.die();
    // Who has made the append never hears of it.
    return new Promise<A>(() => undefined);
  }

  private failure(cause: unknown): CrashPointError {
    const { append, face, events } = this;
    const moment = face === "before" ? "just before it was stored" : "just after it was stored";
    const what = events.length === 0 ? "no events" : events.join(", ");
    const message = `The scenario failed when the process died at append ${append}, ${moment} (${what}): ${textOf(cause)}`;
    return new CrashPointError(append, face, message, cause);
  }
}

function eventsOf({ events }: Append): string[] {
  return events.map((event) =>
    "call" in event ? `${event.type} ${describeCall(event.call)}` : event.type,
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n\n")[0]! : String(error);
}

/** Real time: what waits for virtual time only is stuck, or never waits for long. */
function within<T>(ms: number, result: Promise<T>, onLate: () => Promise<Error>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => void onLate().then(reject, reject), ms);
    result.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function unfinished(world: TestWorld): Promise<Error> {
  const { data } = await world.runs.list({ limit: 1_000, isOldestFirst: true });
  const live = data.filter(({ endedAt }) => endedAt === undefined);
  const why = await Promise.all(live.map(({ runId }) => explainRun(world, runId)));
  return new Error(`It does not come to an end. ${why.join(" ")}`);
}
