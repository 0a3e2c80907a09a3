/**
 * The world for tests: that of `embedded-world`, in memory, in virtual time, with an engine of its own.
 *
 * - TW1 It is the world of the process from its making to its close, and nothing is left of it then.
 * - TW2 It executes runs as every world does: only its time, and who moves it, are different.
 */
import { createMemoryWorld } from "../../embedded-world/memory-world";
import { type DurationText, parseDuration } from "../contract/duration";
import type { Runs, World } from "../contract/world";
import type { EngineOptions } from "../engine/make-parts";
import type { LogLevel } from "../engine/logger";
import { type AttemptFacts, stepScope } from "../engine/step-scope";
import { current, setApp, setWorld } from "../runtime/current";
import { DeadSteps } from "./dead-steps";
import { restoreMocks } from "./mock-step";
import { Pacer } from "./pacer";
import { StuckNotice } from "./stuck-notice";
import { testBundle, type TestBundleOptions } from "./test-bundle";
import { TestEngine } from "./test-engine";
import { WaitingSteps } from "./waiting-steps";
import { wrapWorld } from "./wrap-world";

type ForEngine = Pick<EngineOptions, "url" | "concurrency" | "limits" | "environment">;

export interface TestWorldOptions extends TestBundleOptions, ForEngine {
  /** World time at which it begins: the time of this machine. */
  now?: Date;
  /** Whether runs are executed: yes. Otherwise the world stores them, and that is all. */
  executes?: boolean;
  /** Hears what the engine has to say; warnings and errors go to the console unless it is given. */
  log?: (level: LogLevel, message: string) => void;
}

export interface TestWorld extends World {
  /** World time. */
  readonly time: Date;
  /**
   * Moves world time on, from one moment to the next for which something waits. Resolves when all that
   * this brought about is done; steps that run are waited for.
   */
  advance(duration: DurationText | number): Promise<void>;
  /** Resolves when so much world time has gone by. Time goes on while a step waits for this. */
  sleep(duration: DurationText | number): Promise<void>;
  /** Stops what runs, takes all mocks away, and is the world of the process no longer. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes it, and makes it the world of this process. */
export function createTestWorld(options: TestWorldOptions = {}): TestWorld {
  return new TestHost(options).world;
}

/** A test world from inside. */
export class TestHost {
  /** A plain object, as worlds are: whoever wraps one may spread it. */
  readonly world: TestWorld;
  readonly engine: TestEngine;
  /** Hears of every body that is about to be called. */
  onAttempt: ((facts: AttemptFacts) => void) | null = null;
  private readonly stored: World;
  private readonly pacer: Pacer;
  private readonly steps = new WaitingSteps();
  private readonly dead = new DeadSteps();
  private readonly notice: StuckNotice;
  private readonly previousApp = current().app;
  private readonly app;
  private closing: Promise<void> | null = null;

  constructor(options: TestWorldOptions) {
    const { now = new Date(), executes = true, log = usualLog } = options;
    this.pacer = new Pacer(now.getTime(), {
      isAtRest: () => this.engine.isAtRest(this.steps.isWaiting),
      onStuck: () => this.notice.begin(),
    });
    this.stored = createMemoryWorld("test", () => this.pacer.time.now());
    this.notice = new StuckNotice(this.stored, log);
    const seen = wrapWorld(this.stored, ({ make }) => this.watch(make));
    this.engine = this.makeEngine(seen, options);
    const held = wrapWorld(seen, ({ make }) => this.dead.hold(make));
    this.world = this.worldOf({ ...held, runs: this.runsOf(held.runs, executes) });
    this.app = testBundle(options);
    if (executes) this.shareEngine();
    setWorld(this.world);
    setApp(this.app);
  }

  close(): Promise<void> {
    return (this.closing ??= this.closeOnce());
  }

  /** The process of the engine ends, and another one takes over. */
  async die(): Promise<void> {
    this.dead.noteDeath();
    await stepScope.exit(() => this.engine.die());
  }

  private worldOf(held: World): TestWorld {
    const { pacer } = this;
    return {
      ...held,
      get time() {
        return new Date(pacer.time.now());
      },
      advance: async (duration) => {
        const ms = parseDuration(duration);
        const end = this.notice.beginAdvance();
        await pacer.advance(ms).finally(end);
      },
      sleep: async (duration) => this.sleep(parseDuration(duration)),
      close: () => this.close(),
      [Symbol.asyncDispose]: () => this.close(),
    };
  }

  private async sleep(ms: number): Promise<void> {
    const end = this.steps.begin();
    await new Promise<void>((resolve) => {
      this.pacer.time.startTimer(ms, resolve);
      this.pacer.note();
    });
    end?.();
  }

  private async closeOnce(): Promise<void> {
    restoreMocks(this.world);
    this.notice.end();
    this.pacer.close();
    try {
      await this.engine.close();
    } finally {
      const { engines, world, app } = current();
      engines.delete(this.world);
      if (world === this.world) setWorld(undefined);
      if (app === this.app) setApp(this.previousApp);
      await this.stored.close();
      this.dead.close();
    }
  }

  private makeEngine(world: World, options: TestWorldOptions): TestEngine {
    const { log = usualLog, url, concurrency, limits, environment } = options;
    return new TestEngine(world, this.pacer.time, {
      ...(url !== undefined && { url }),
      ...(concurrency !== undefined && { concurrency }),
      ...(limits && { limits }),
      ...(environment && { environment }),
      log,
      // A debugger may hold a test for as long as it likes, and time may fly.
      blockedLimitMs: Infinity,
      worthKeepingMs: Infinity,
      retention: { finishedMs: Infinity, failedMs: Infinity },
      onRest: () => this.pacer.note(),
      onAttempt: (facts) => {
        this.steps.noteAttempt(facts);
        this.dead.noteAttempt(facts);
        this.onAttempt?.(facts);
      },
    });
  }

  private async watch<T>(make: () => Promise<T>): Promise<T> {
    this.notice.end();
    this.pacer.note();
    try {
      return await make();
    } finally {
      this.pacer.note();
    }
  }

  /** The first run starts the engine, and who awaits the end of one makes time go on. */
  private runsOf(runs: Runs, executes: boolean): Runs {
    const own: Partial<Runs> = {
      listenForEnd: (runId, listener) => {
        const stop = runs.listenForEnd(runId, listener);
        const end = this.beginAwaiting(runId);
        return () => {
          stop();
          end();
        };
      },
      create: async (run) => {
        const creation = await runs.create(run);
        if (executes) void stepScope.exit(() => this.engine.start());
        return creation;
      },
    };
    return new Proxy(runs, {
      get: (target, name) => own[name as keyof Runs] ?? (Reflect.get(target, name) as unknown),
    });
  }

  private beginAwaiting(runId: string): () => void {
    // What a step waits for is for its run, and what that is for, somebody else has to say.
    const endStep = this.steps.begin();
    if (endStep) {
      this.pacer.note();
      return endStep;
    }
    const ends = [this.notice.await(runId), this.pacer.beginAwaiting()];
    return () => ends.splice(0).forEach((end) => end());
  }

  /** A runtime that is started on this world finds that it is executed already. */
  private shareEngine(): void {
    const { engine } = this;
    current().engines.set(this.world, {
      users: 1,
      get engine() {
        return engine.engine;
      },
      get started() {
        return engine.start();
      },
    });
  }
}

function usualLog(level: LogLevel, message: string): void {
  if (level !== "info") console[level](`[everstep] ${message}`);
}
