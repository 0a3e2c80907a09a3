/**
 * Random programs, nested as deep as people nest, with results that arrive in random order: the log
 * of each replays to the same end from every prefix, and programs without races do what a plain
 * model says. EVERSTEP_SEED repeats a run; EVERSTEP_DEEP makes it long.
 */
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { seededNumbers } from "../seeded-numbers";
import { expectPrefixesToReplay } from "./expect-replay";
import { bundleOf, TestWorld, type WorldOptions } from "./world";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
const PROGRAMS = process.env.EVERSTEP_DEEP === "1" ? 1000 : 60;

type Program =
  | { kind: "step"; id: number; fails: boolean }
  | { kind: "sleep"; ms: number; cancels: boolean }
  | { kind: "sequence" | "all" | "race" | "any" | "settled"; of: Program[] }
  | { kind: "try"; body: Program; last: Program }
  | { kind: "hook"; id: number; count: number; loops: boolean }
  | { kind: "detached"; body: Program; then: Program }
  | { kind: "deadline"; ms: number; body: Program }
  | { kind: "answers"; id: number; count: number; ms: number; keeps: boolean; body: Program }
  | { kind: "ticks"; count: number }
  | { kind: "draw" };

const SOURCE = `
import { createHook, sleep } from "everstep";
export async function work(id: number, fails: boolean) { "use step"; return id }

export async function order(program: any) {
  "use workflow";
  const trace: unknown[] = [];
  const result = await execute(program, trace).catch((error: Error) => "failed " + error.message);
  return { result, trace };
}
async function execute(p: any, trace: unknown[]): Promise<any> {
  const each = () => p.of.map((part: any) => execute(part, trace));
  switch (p.kind) {
    case "step": return work(p.id, p.fails);
    case "sleep": {
      using pause = sleep(p.ms);
      if (!p.cancels) await pause;
      return "slept " + p.ms;
    }
    case "sequence": {
      const results = [];
      for (const part of p.of) results.push(await execute(part, trace));
      return results;
    }
    case "all": return Promise.all(each());
    case "race": return Promise.race(each());
    case "any": return Promise.any(each()).catch((error) => { throw new Error("none of " + error.errors.length) });
    case "settled": return (await Promise.allSettled(each())).map((one: any) => one.value ?? one.reason.message);
    case "try":
      try { return await execute(p.body, trace) }
      catch (error: any) { return "caught " + error.message }
      finally { trace.push("last"); await execute(p.last, trace).catch(() => {}) }
    case "hook": {
      const hook = createHook<number>({ name: "h" + p.id });
      const seen = [];
      if (p.loops) { for await (const n of hook) if (seen.push(n) === p.count) break }
      else while (seen.length < p.count) seen.push(await hook);
      return seen;
    }
    case "deadline": {
      using limit = sleep(p.ms);
      return Promise.race([execute(p.body, trace), limit.then(() => "late")]);
    }
    case "answers": {
      using hook = createHook<number>({ name: "a" + p.id });
      const results: unknown[] = [];
      let kept = hook.then((n) => n);
      for (let turn = 0; turn < p.count; turn++) {
        using limit = sleep(p.ms);
        const late = limit.then(() => "late");
        const winner = await Promise.race([p.keeps ? kept : hook, late, execute(p.body, trace)]);
        results.push(winner);
        if (p.keeps && winner !== "late") kept = hook.then((n) => n);
      }
      return results;
    }
    case "detached": void execute(p.body, trace); return execute(p.then, trace);
    case "ticks": for (let n = 0; n < p.count; n++) await null; return p.count;
    case "draw": trace.push(Math.random() < 2, Date.now() > 0); return crypto.randomUUID().length;
  }
}
`;

const RACES = ["race", "any"] as const;
const CALM = ["sequence", "all", "settled"] as const;

function randomProgram(next: (below: number) => number, hasRaces: boolean, depth = 0): Program {
  const inner = () => randomProgram(next, hasRaces, depth + 1);
  const several = () => Array.from({ length: 1 + next(4) }, inner);
  switch (depth > 3 ? next(5) : next(10)) {
    case 0:
    case 1:
      return { kind: "step", id: next(1000), fails: next(4) === 0 };
    case 2:
      return { kind: "sleep", ms: next(60), cancels: next(5) === 0 };
    case 3:
      return { kind: "hook", id: next(5), count: 1 + next(3), loops: next(2) === 0 };
    case 4:
      return next(2) === 0 ? { kind: "ticks", count: next(5) } : { kind: "draw" };
    case 5:
      return { kind: "try", body: inner(), last: inner() };
    case 6:
      return hasRaces ? randomRace(next, inner) : inner();
    default: {
      const kinds = hasRaces ? [...CALM, ...RACES] : CALM;
      return { kind: kinds[next(kinds.length)]!, of: several() };
    }
  }
}

function randomRace(next: (below: number) => number, inner: () => Program): Program {
  const ms = next(60);
  switch (next(3)) {
    case 0:
      return { kind: "detached", body: inner(), then: inner() };
    case 1:
      return { kind: "deadline", ms, body: inner() };
    default: {
      const [id, count, keeps] = [next(3), 1 + next(3), next(2) === 0];
      return { kind: "answers", id, count, ms, keeps, body: inner() };
    }
  }
}

/** What a program without races results in; throws what it fails with. */
function model(p: Program): unknown {
  switch (p.kind) {
    case "step":
      if (p.fails) throw new Error(`step ${p.id}`);
      return p.id;
    case "sleep":
      return `slept ${p.ms}`;
    case "sequence":
      return p.of.map(model);
    case "settled":
      return p.of.map((part) => attempt(part));
    case "try":
      return attempt(p.body, "caught ");
    case "hook":
      return Array.from({ length: p.count }, (_, n) => n);
    case "ticks":
      return p.count;
    case "draw":
      return 36;
    default:
      throw new Error(`There is no model for ${p.kind}`);
  }
}

function attempt(p: Program, prefix = ""): unknown {
  try {
    return model(p);
  } catch (error) {
    return prefix + (error as Error).message;
  }
}

/** Which of several failing branches rejects an `all` first is a race as well. */
function isModelled(p: Program): boolean {
  if (!["step", "sleep", "hook", "ticks", "draw", "sequence", "settled", "try"].includes(p.kind)) {
    return false;
  }
  if (p.kind === "try") return isModelled(p.body) && isModelled(p.last);
  return "of" in p ? p.of.every(isModelled) : true;
}

function scriptOf(program: Program, seed: number): WorldOptions {
  const next = seededNumbers(seed + 7);
  return {
    args: [program],
    steps: {
      work: (id: number, fails: boolean) => {
        if (fails) throw new Error(`step ${id}`);
        return id;
      },
    },
    stepMs: () => next(50),
    batch: () => 1 + next(4),
    onHook: (hook, world) => {
      for (let n = 0; n < 4; n++) world.send(hook, n, n * 5 + next(5));
    },
  };
}

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

test(`${PROGRAMS} programs with races replay from every prefix (P4), seed ${SEED}`, () => {
  for (let n = 0; n < PROGRAMS; n++) {
    const seed = SEED + n;
    const program = randomProgram(seededNumbers(seed), true);
    const world = new TestWorld(bundle, scriptOf(program, seed)).run();
    const cold = new TestWorld(bundle, { ...scriptOf(program, seed), isCold: true }).run();
    expect({ seed, log: cold.log }).toEqual({ seed, log: world.log });
    expectPrefixesToReplay(world, 1 + Math.floor(world.log.length / 12));
  }
});

test(`${PROGRAMS} programs without races do what the model says, seed ${SEED}`, () => {
  let checked = 0;
  for (let n = 0; checked < PROGRAMS; n++) {
    const seed = SEED + n;
    const program = randomProgram(seededNumbers(seed), false);
    if (!isModelled(program)) continue;
    checked++;
    const world = new TestWorld(bundle, scriptOf(program, seed)).run();
    const { result } = world.result() as { result: unknown };
    expect({ seed, result }).toEqual({ seed, result: attempt(program, "failed ") });
  }
});
