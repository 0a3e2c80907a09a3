/**
 * What executes the runs of a test world: an engine that starts with the first run. It can die, as a
 * process does, and another one takes over from the log.
 */
import type { CallKey } from "../contract/call";
import type { Append, AppendOutcome, World } from "../contract/world";
import { Engine } from "../engine/engine";
import type { EngineSettings } from "../engine/make-parts";
import { EngineTime, type VirtualTime } from "./virtual-time";
import { type WorldCall, wrapWorld } from "./wrap-world";

/** Stands between an engine and its appends. */
export type AroundAppend = (
  append: Append,
  store: () => Promise<AppendOutcome>,
) => Promise<AppendOutcome>;

/** What a dead process had begun to do for runs that are over, another one may do after that. */
const TAKEN_MS = 5_001;

/** Nobody hears it. */
const NO_ANSWER = new Promise<never>(() => undefined);

interface Life {
  engine: Engine;
  time: EngineTime;
  started: Promise<void>;
  session: string | null;
  isOver: boolean;
}

type Mortal = Pick<Life, "session" | "isOver">;

export class TestEngine {
  /** Called for each append of the engine, where a test wants to have a part in it. */
  aroundAppend: AroundAppend | null = null;
  private life: Life | null = null;
  private isClosed = false;
  private lives = 0;

  constructor(
    private readonly world: World,
    private readonly time: VirtualTime,
    private readonly settings: EngineSettings,
  ) {}

  /** The engine is made when it is first needed. */
  get engine(): Engine {
    return this.begin().engine;
  }

  start(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    const life = this.begin();
    return life.started;
  }

  get isStarted(): boolean {
    return this.life !== null;
  }

  isAtRest(isWaiting: (runId: string, call: CallKey) => boolean): boolean {
    return this.life?.engine.isAtRest(isWaiting) ?? true;
  }

  /** All that the engine had in memory is lost; the next one finds what is in the world. */
  async die(): Promise<void> {
    const { life } = this;
    if (!life) return;
    life.isOver = true;
    life.time.stop();
    life.engine.abandon();
    this.life = null;
    // As the world would do itself, when it finds out.
    if (life.session !== null) await this.world.dispatch.closeSession(life.session);
    await this.start();
    if (!this.isClosed) this.begin().time.startTimer(TAKEN_MS, () => undefined);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const { life } = this;
    this.life = null;
    if (!life) return;
    await life.started.catch(() => undefined);
    await life.engine.stop(0);
    life.time.stop();
  }

  private begin(): Life {
    if (this.life) return this.life;
    // One that has taken over may find something that nobody does any more.
    const time = new EngineTime(this.time, this.lives++ > 0);
    const mortal: Mortal = { session: null, isOver: false };
    const world = wrapWorld(this.world, (call) => this.pass(call, mortal));
    const engine = new Engine(world, { ...this.settings, clock: time });
    this.life = Object.assign(mortal, { time, engine, started: Promise.resolve() });
    this.life.started = engine.start();
    return this.life;
  }

  private async pass(call: WorldCall, life: Mortal): Promise<unknown> {
    if (life.isOver) return NO_ANSWER;
    const { aroundAppend } = this;
    const answer =
      aroundAppend && call.name === "runs.append"
        ? await aroundAppend(call.args[0] as Append, call.make as () => Promise<AppendOutcome>)
        : await call.make();
    if (life.isOver) return NO_ANSWER;
    if (call.name === "dispatch.openSession") life.session = answer as string | null;
    return answer;
  }
}
