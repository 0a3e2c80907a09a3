/** Programs that a seed makes: what their workflows do, and what they are sent. */
import type { Next } from "../seeded-numbers";

export type Plan =
  /** `fails`: so many attempts throw; or each does; or each until somebody mends it. */
  | { kind: "step"; label: string; fails: number | "always" | "until mended"; ms: number }
  | { kind: "sleep"; ms: number; isCancelled: boolean }
  | { kind: "sequence" | "all" | "settled" | "race"; of: Plan[] }
  | { kind: "try"; body: Plan; last: Plan }
  | { kind: "deadline"; ms: number; body: Plan }
  | ({ kind: "hook"; takes: number; isOnce: boolean; loops: boolean; asks: boolean } & HookNames)
  | ({ kind: "answers"; rounds: number; ms: number } & HookNames)
  | { kind: "child"; of: Plan; waits: "now" | "later" | "never"; isDetached: boolean };

interface HookNames {
  /** No other hook of any program has it. */
  name: string;
  /** Generated, unless it is given. */
  token?: string;
}

export interface HookPlan extends HookNames {
  /** How many payloads it waits for; none of those that do not wait for ever. */
  takes: number;
  payloads: PlannedPayload[];
}

export interface PlannedPayload {
  /** No other payload of any program is the same. */
  payload: string;
  id?: string;
  /** It is sent ahead of its hook. */
  isEarly: boolean;
  /** It is sent once more, with the same id. */
  isRepeated: boolean;
}

export interface Program {
  seed: number;
  runId: string;
  plan: Plan;
  hooks: HookPlan[];
  /** When it has failed, it is mended and retried. */
  isRetried: boolean;
  /** It is cancelled when its log has so many events. */
  cancelAt?: number;
}

/** Tokens that programs take from each other. */
const SHARED_TOKENS = 3;
const DEEPEST = 3;

export function randomProgram(seed: number, next: Next): Program {
  const hooks: HookPlan[] = [];
  const maker = new PlanMaker(seed, next, hooks);
  const plan = maker.plan(0);
  return {
    ...{ seed, runId: `p${seed}`, plan, hooks, isRetried: next(2) === 0 },
    ...(next(12) === 0 && { cancelAt: 3 + next(20) }),
  };
}

class PlanMaker {
  private count = 0;
  /** The ids of children are not known ahead. */
  private isInChild = false;

  constructor(
    private readonly seed: number,
    private readonly next: Next,
    private readonly hooks: HookPlan[],
  ) {}

  plan(depth: number): Plan {
    const { next } = this;
    const inner = () => this.plan(depth + 1);
    switch (depth === 0 ? 6 + next(7) : depth < DEEPEST ? next(13) : next(6)) {
      case 0:
      case 1:
      case 2:
        return this.step();
      case 3:
        return { kind: "sleep", ms: next(50), isCancelled: next(6) === 0 };
      case 4:
        return this.hook();
      case 5:
        return this.answers();
      case 6:
        return { kind: "try", body: inner(), last: inner() };
      case 7:
        return { kind: "deadline", ms: next(80), body: inner() };
      case 8:
        return this.child(depth);
      case 9:
        return { kind: "race", of: [inner(), inner()] };
      case 10:
        return { kind: "settled", of: [inner(), inner()] };
      case 11:
        return { kind: "all", of: Array.from({ length: 2 + next(3) }, inner) };
      default:
        return { kind: "sequence", of: Array.from({ length: 2 + next(4) }, inner) };
    }
  }

  private step(): Plan {
    const { next } = this;
    const fails = ([0, 0, 0, 0, 1, 2, 9, "always", "until mended"] as const)[next(9)]!;
    return { kind: "step", label: `s${this.count++}`, fails, ms: next(6) };
  }

  private hook(): Plan {
    const { next } = this;
    const takes = 1 + next(3);
    const isOnce = takes === 1 && next(3) === 0;
    const names = this.names();
    this.hooks.push({ ...names, takes, payloads: this.payloads(names, takes) });
    const how = { isOnce, loops: next(2) === 0, asks: next(2) === 0 };
    return { kind: "hook", ...names, takes, ...how };
  }

  private answers(): Plan {
    const { next } = this;
    const rounds = 1 + next(4);
    const names = this.names();
    this.hooks.push({ ...names, takes: 0, payloads: this.payloads(names, rounds) });
    return { kind: "answers", ...names, rounds, ms: next(40) };
  }

  private names(): HookNames {
    const name = `p${this.seed}.h${this.count++}`;
    switch (this.next(4)) {
      case 0:
        return { name };
      case 1:
        return { name, token: `shared ${this.next(SHARED_TOKENS)}` };
      default:
        return { name, token: `of ${name}` };
    }
  }

  /** As many as it takes; now and then fewer, or more. */
  private payloads({ name, token }: HookNames, takes: number): PlannedPayload[] {
    const { next, isInChild } = this;
    const isOwn = token?.startsWith("of ") === true;
    const count = [0, takes - 1, takes + 2, takes, takes, takes, takes, takes][next(8)]!;
    return Array.from({ length: count }, (_, nth): PlannedPayload => {
      const hasId = next(2) === 0;
      const isEarly = isOwn && !isInChild && next(4) === 0;
      return {
        ...{ payload: `${name}#${nth}`, isEarly, isRepeated: hasId && isOwn && next(2) === 0 },
        ...(hasId && { id: `id of ${name}#${nth}` }),
      };
    });
  }

  private child(depth: number): Plan {
    const { next, isInChild } = this;
    this.isInChild = true;
    const of = this.plan(depth + 1);
    this.isInChild = isInChild;
    const waits = (["now", "now", "later", "never"] as const)[next(4)]!;
    return { kind: "child", of, waits, isDetached: next(4) === 0 };
  }
}
