/**
 * A world for one run, without effects: scripted steps, virtual time, and a log. What is under way
 * comes back in an order that a seed decides, the way results of real workers would.
 */
import { buildWorkflows } from "../../lib/build/build-workflows";
import type { Codec, CodecType } from "../../lib/codec/codec";
import { parseCallKey } from "../../lib/contract/call";
import type { Command, HookCommand, StepCommand, WaitCommand } from "../../lib/contract/command";
import type { Failure, RunEvent } from "../../lib/contract/event";
import { globalsServices } from "../../lib/engine/globals-services";
import { createHostCodec } from "../../lib/engine/host-codec";
import { eventOf } from "../../lib/replay/created-events";
import { type ContextOptions, RunContext } from "../../lib/replay/run-context";
import { type CompiledBundle, compileBundle } from "../../lib/replay/sandbox";
import type { ReplayServices } from "../../lib/replay/services";
import { symlinkSync } from "node:fs";
import path from "node:path";
import { tempProject } from "../build/temp-project";

export const ROOT = path.resolve(__dirname, "../..");

/** Bundles of test sources, which may import `everstep`. */
export async function bundleOf(files: Record<string, string> | string): Promise<CompiledBundle> {
  const sources = typeof files === "string" ? { "workflows/test.ts": files } : files;
  const { bundle } = await buildWorkflows({ cwd: tempApp(sources) });
  return compileBundle(bundle.code, bundle.hash);
}

/** A project that has `everstep` installed, and a schema library. */
export function tempApp(files: Record<string, string>): string {
  const root = tempProject({ ...files, "node_modules/.keep": "" });
  symlinkSync(ROOT, path.join(root, "node_modules/everstep"));
  symlinkSync(path.join(ROOT, "node_modules/zod"), path.join(root, "node_modules/zod"));
  return root;
}

export const workflowId = (name: string, file = "test") => `workflow//./workflows/${file}//${name}`;

/** What a step of the test does; it may throw. */
export type StepScript = Record<string, (...args: never[]) => unknown>;

export interface Arrival {
  event: RunEvent;
  /** Virtual time at which it is there. */
  at: number;
}

export interface WorldOptions {
  workflow?: string;
  args?: unknown[];
  steps?: StepScript;
  /** Milliseconds that a step takes. */
  stepMs?: (command: StepCommand, nth: number) => number;
  runId?: string;
  services?: Partial<ReplayServices>;
  context?: Partial<ContextOptions>;
  startedAt?: number;
  /** Forgets the context after every turn, so that each begins with a replay from the log. */
  isCold?: boolean;
  /** Rows of the codec for what steps take and give besides. */
  types?: () => CodecType[];
  /** How many of the things that arrive are taken in the next turn; one, if it is not given. */
  batch?: () => number;
  /** Called with every hook that is created. */
  onHook?: (hook: HookCommand, world: TestWorld) => void;
}

export const START = Date.UTC(2026, 0, 2, 3, 4, 5);

export function testServices(more: Partial<ReplayServices> = {}): ReplayServices {
  return {
    ...globalsServices,
    environment: () => undefined,
    print: () => undefined,
    newToken: (_runId, call) => `token-for-${call}`,
    computedMs: () => performance.now(),
    ...more,
  };
}

export class TestWorld {
  readonly log: RunEvent[] = [];
  context: RunContext;
  readonly codec: Codec;
  readonly options: ContextOptions;
  /** The commands of the run, as they were taken. */
  readonly commands: Command[] = [];
  /** Lengths of the log at which it was never stored: a turn is appended as a whole. */
  readonly insideTurns = new Set<number>();
  now: number;
  private arrivals: Arrival[] = [];
  private steps = 0;

  constructor(
    bundle: CompiledBundle,
    private readonly script: WorldOptions = {},
  ) {
    this.codec = createHostCodec(script.types);
    this.options = { bundle, services: testServices(script.services), ...script.context };
    this.context = new RunContext(this.options);
    this.now = script.startedAt ?? START;
    const { workflow = workflowId("order"), runId = "wrun_test" } = script;
    const input = this.codec.encode(script.args ?? [], "workflow arguments");
    this.take(
      { type: "run_created", at: this.now, runId, workflow, bundle: "hash", input },
      { type: "run_started", at: this.now, url: "http://localhost:3000" },
    );
  }

  get isOver(): boolean {
    return this.context.ending !== null || this.context.trouble !== null;
  }

  /** What the run returned; throws what it failed with. */
  result(): unknown {
    const { ending, trouble } = this.context;
    if (trouble) throw trouble;
    if (!ending) throw new Error(`Suspended: ${this.context.openCalls().join(", ")}`);
    if (ending.status === "failed") throw new Error(ending.failure.message);
    return this.codec.decode(ending.output);
  }

  /** One turn: events come in, and what the code asks for is appended behind them. */
  take(...events: RunEvent[]): void {
    if (this.script.isCold) {
      this.context.release();
      this.context = new RunContext(this.options);
      this.context.replay(this.log);
    }
    for (const event of events) {
      if (event !== events[0]) this.insideTurns.add(this.log.length);
      this.append(event);
    }
    this.commit();
  }

  private commit(): void {
    for (;;) {
      const commands = this.context.takeCommands();
      if (commands.length === 0) break;
      this.commands.push(...commands);
      for (const command of commands) {
        this.append(eventOf(command, this.context.at));
        this.schedule(command);
      }
    }
    if (this.context.ending?.status === "completed") {
      const { output } = this.context.ending;
      this.append({ type: "run_completed", at: this.context.at, output });
    }
  }

  private append(event: RunEvent): void {
    this.log.push(event);
    this.context.apply(event);
  }

  private schedule(command: Command): void {
    if (command.type === "step") this.scheduleStep(command);
    else if (command.type === "wait") this.scheduleWait(command);
    else if (command.type === "hook") this.script.onHook?.(command, this);
    else if (command.type === "cancel_wait" || command.type === "dispose_hook") {
      this.arrivals = this.arrivals.filter(
        ({ event }) => !("call" in event) || event.call !== command.call,
      );
    }
  }

  private scheduleStep(command: StepCommand): void {
    const duration = this.script.stepMs?.(command, this.steps++) ?? 1;
    const at = this.now + duration;
    this.arrivals.push({ at, event: this.outcomeOf(command, at) });
  }

  private scheduleWait({ call, dueAt }: WaitCommand): void {
    this.arrivals.push({ at: dueAt, event: { type: "wait_completed", at: dueAt, call } });
  }

  private outcomeOf({ call, input, receiver }: StepCommand, at: number): RunEvent {
    const name = parseCallKey(call).name.split("//").at(-1)!;
    const body = this.script.steps?.[name];
    if (!body) throw new Error(`The test has no step ${name}`);
    try {
      const self = receiver === undefined ? undefined : this.codec.decode(receiver);
      const result: unknown = Reflect.apply(body, self, this.codec.decode(input) as never[]);
      const output = this.codec.encode(result, "step return value");
      return { type: "step_completed", at, call, output };
    } catch (error) {
      return { type: "step_failed", at, call, failure: this.failureOf(error) };
    }
  }

  failureOf(thrown: unknown): Failure {
    if (!(thrown instanceof Error)) {
      return { name: "Error", message: String(thrown), value: this.codec.encodeError(thrown) };
    }
    const { name, message } = thrown;
    const stack = `${name}: ${message}\n    at step (/app/steps.ts:1:1)`;
    Object.defineProperty(thrown, "stack", { value: stack });
    return { name, message, stack, value: this.codec.encodeError(thrown) };
  }

  /** A payload from outside, `inMs` from now. */
  send(hook: HookCommand | undefined, payload: unknown, inMs = 0): void {
    if (!hook) throw new Error("There is no such hook");
    const text = this.codec.encode(payload, "hook payload");
    const at = this.now + inMs;
    this.arrivals.push({
      at,
      event: { type: "hook_received", at, call: hook.call, payload: text },
    });
  }

  hooks(): HookCommand[] {
    return this.commands.filter((command) => command.type === "hook");
  }

  /** The next thing to arrive; false when nothing is on its way. */
  step(): boolean {
    if (this.isOver || this.arrivals.length === 0) return false;
    this.arrivals.sort((a, b) => a.at - b.at);
    const batch = this.arrivals.splice(0, this.script.batch?.() ?? 1);
    this.now = Math.max(this.now, batch.at(-1)!.at);
    this.take(...batch.map(({ event }) => ({ ...event, at: this.now })));
    return true;
  }

  /** Until the run ends or nothing is on its way. */
  run(): this {
    while (this.step());
    return this;
  }
}
