/**
 * What is tried of a workflow that is killed: points of its life, one after the other or two in a row,
 * several at once, each in a trial of its own that another process brings to its end.
 */
import { rmSync } from "node:fs";
import type { Next } from "../seeded-numbers";
import { type Kill, readFolder } from "./crash-audit";
import type { CrashCase } from "./crash-cases";
import type { RedisPlace } from "./crash-place";
import { crashApp, type CrashPoint, CrashProcess, type Said } from "./crash-process";
import { judge, makeTrial, sendPayloads, taskOf, type Trial } from "./crash-trial";
import { crashSource } from "./crash-workflows";

export interface MatrixSettings {
  next: Next;
  /** Points of each workflow; Infinity for all that there are. */
  once: number;
  /** How often the process that goes on is killed as well, at a point of its own (B16). */
  twice: number;
  /** Points that are tried at once. */
  lanes: number;
  /** Where the runs are; in folders unless it is given. */
  redis?: Omit<RedisPlace, "prefix">;
}

export interface MatrixOutcome {
  problems: string[];
  /** How many trials there should be, and in how many somebody was killed. */
  expected: number;
  kills: number;
}

/** Longer than what a killed process had taken to do behind the end of a run stays with it. */
const PATIENCE_MS = 120_000;

export class CrashMatrix {
  /** Processes that are not killed, and go on with what others have left, one trial after the other. */
  private readonly survivors = new Map<string, CrashProcess[]>();

  private constructor(
    private readonly settings: MatrixSettings,
    /** What was deployed first, and what was deployed then. */
    private readonly roots: readonly [first: string, then: string],
  ) {}

  static async open(settings: MatrixSettings): Promise<CrashMatrix> {
    const roots = [await crashApp(crashSource(1)), await crashApp(crashSource(2))] as const;
    return new CrashMatrix(settings, roots);
  }

  async close(): Promise<void> {
    const processes = [...this.survivors.values()].flat();
    await Promise.all(processes.map((process) => process.kill()));
  }

  async killEverywhere(crash: CrashCase): Promise<MatrixOutcome> {
    const { next, once, twice } = this.settings;
    const { problems, points } = await this.reachablePoints(crash);
    const choose = (count: number) => chosenOf(points, count, next);
    const isAll = once === Infinity;
    const single = (isAll ? points : choose(once)).map((point) => [point]);
    const queue = [...single, ...Array.from({ length: twice }, () => choose(2))];
    const expected = queue.length;
    // How often a process looks for work depends on the moment, so a point may not come: another then.
    const spare = isAll ? [] : choose(2 * expected).map((point) => [point]);
    let kills = 0;
    const lane = async (survivor: CrashProcess) => {
      for (let plan = queue.shift(); plan; plan = queue.shift()) {
        const outcome = await this.killAt(plan, crash, survivor);
        if (outcome.isKilled) kills++;
        else queue.push(...spare.splice(0, 1));
        const name = plan.map(nameOf).join(", then ");
        problems.push(...outcome.problems.map((problem) => `${name}: ${problem}`));
      }
    };
    await Promise.all(this.survivorsOf(this.roots[crash.isDeployed ? 1 : 0]).map(lane));
    return { problems, expected, kills };
  }

  private survivorsOf(root: string): CrashProcess[] {
    const known = this.survivors.get(root);
    if (known) return known;
    const { lanes } = this.settings;
    const launched = Array.from({ length: lanes }, () => new CrashProcess(root));
    this.survivors.set(root, launched);
    return launched;
  }

  /** Where a process that is not killed passes by; it must do well, too. */
  private async reachablePoints(crash: CrashCase) {
    const { roots, settings } = this;
    const trial = makeTrial(crash, roots[0], settings.redis);
    const stopSending = sendPayloads(trial);
    const process = this.survivorsOf(roots[0])[0]!;
    const heard = await process.perform(taskOf(trial, "only"));
    await stopSending();
    const { counts = {} } = heard.at(-1) ?? {};
    const points = Object.entries(counts).flatMap(([site, count]) =>
      Array.from({ length: count }, (_, index) => index + 1).flatMap((nth): CrashPoint[] => {
        const before: CrashPoint = { site, nth, when: "before" };
        return site.startsWith("body.") ? [before] : [before, { site, nth, when: "after" }];
      }),
    );
    const hasLapsed = heard.some(({ lapsed }) => lapsed);
    const problems = await judge(trial, { heard, kills: [], hasLapsed });
    if (process.hasEnded) problems.push(process.errors);
    return { points, problems: problems.map((problem) => `not killed: ${problem}`) };
  }

  /** One process after the other, each killed at its point, unless it has come to the end before. */
  private async killAt(plan: readonly CrashPoint[], crash: CrashCase, survivor: CrashProcess) {
    const { roots, settings } = this;
    const trial = makeTrial(crash, roots[0], settings.redis);
    const { dataDir, redis, runId } = trial;
    const stopSending = sendPayloads(trial);
    const problems: string[] = [];
    const kills: Kill[] = [];
    let isThere = false;
    let isKilled = false;
    let hasLapsed = false;
    for (const [nth, kill] of plan.entries()) {
      const life = `life ${nth}`;
      const victim = new CrashProcess(nth > 0 && crash.isDeployed ? roots[1] : roots[0]);
      const heard = await victim.perform({ ...taskOf(trial, life, isThere), kill });
      isKilled ||= !heard.some(({ done }) => done);
      hasLapsed ||= heard.some(({ lapsed }) => lapsed);
      await victim.kill();
      const left = await readFolder(dataDir, redis);
      isThere ||= heard.some(({ acknowledged }) => acknowledged === runId);
      problems.push(...(await broken(trial, heard, left)));
      kills.push({ life, left });
    }
    const task = { ...taskOf(trial, "last", isThere), patienceMs: PATIENCE_MS };
    const heard = await survivor.perform(task);
    await stopSending();
    hasLapsed ||= heard.some(({ lapsed }) => lapsed);
    problems.push(...(await judge(trial, { heard, kills, hasLapsed })));
    if (survivor.hasEnded) problems.push(survivor.errors);
    if (problems.length === 0) rmSync(dataDir, { recursive: true });
    return { isKilled, problems };
  }
}

/** Promises that a process has made before it was killed, and that do not hold (P1). */
async function broken({ runId }: Trial, heard: readonly Said[], left: Kill["left"]) {
  const statusOf = (id: string) => left.get(id)?.record.status;
  return heard.flatMap(({ acknowledged, cancelled, retried }) => {
    const problems: string[] = [];
    if (acknowledged === runId && !left.has(runId)) problems.push("acknowledged, and not there");
    if (cancelled !== undefined && statusOf(cancelled) !== "cancelled") {
      problems.push("cancelled, and not over");
    }
    if (retried !== undefined && statusOf(retried) === "failed") {
      problems.push("retried, and still failed");
    }
    return problems.map((problem) => `${problem} (P1)`);
  });
}

function chosenOf(points: readonly CrashPoint[], count: number, next: Next): CrashPoint[] {
  const left = [...points];
  const chosen: CrashPoint[] = [];
  while (chosen.length < count && left.length > 0)
    chosen.push(...left.splice(next(left.length), 1));
  return chosen;
}

function nameOf({ site, nth, when }: CrashPoint): string {
  return `killed ${when} ${site} ${nth}`;
}
