/** Random programs in a folder: processes that are killed one after the other, until all is quiet. */
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { getRun } from "../../lib/api";
import { TERMINAL } from "../../lib/contract/run";
import { RunState } from "../../lib/contract/run-state";
import { withoutVoids } from "../../lib/contract/voids";
import type { World } from "../../lib/contract/world";
import type { Next } from "../seeded-numbers";
import { type Folder, type Kill, readFolder } from "./crash-audit";
import { type CrashPoint, CrashProcess, type Said, type Task } from "./crash-process";
import { auditBatch } from "./random-audit";
import type { Program } from "./random-plan";
import { RandomSender } from "./random-sender";
import { until } from "./test-app";

/** A run whose process was lost more often may be parked for that, until a process has proved well (E6). */
const MOST_KILLS = 2;
/** Longer than anything takes that is left to time. */
const PATIENCE_MS = 120_000;
const SITES = ["runs.append", "runs.append", "dispatch.claim", "runs.create", "hooks.reserve"];

export interface BatchOutcome {
  problems: string[];
  kills: number;
  runs: number;
  /** Runs that still wait, and say for what. */
  waiting: number;
  payloads: number;
}

export async function runBatch(
  root: string,
  programs: readonly Program[],
  next: Next,
): Promise<BatchOutcome> {
  const dataDir = path.join(root, "data", `batch of ${programs[0]!.runId}`);
  mkdirSync(dataDir);
  const world = createEmbeddedWorld({ dataDir });
  const sender = new RandomSender(world, dataDir, programs, next);
  const batch = { root, dataDir, world, programs, sender, next };
  const { kills, problems } = await liveAndDie(batch);
  problems.push(...(await liveToTheEnd(batch, kills)));
  const after = await readFolder(dataDir);
  problems.push(...(await auditBatch({ dataDir, world, programs, sender, kills, after })));
  await world.close();
  if (problems.length === 0) rmSync(dataDir, { recursive: true });
  const waiting = [...after.values()].filter(({ record }) => record.endedAt === undefined);
  const payloads = sender.acknowledged.length;
  return {
    problems: problems.map((problem) => problem + aloneOf(problem, after)),
    ...{ kills: kills.length, runs: after.size, waiting: waiting.length, payloads },
  };
}

/** How to run the program alone that a problem is about. */
function aloneOf(problem: string, after: Folder): string {
  let [runId] = /\b(p\d+|wrun_\w+)/.exec(problem) ?? [];
  for (let run = after.get(runId ?? ""); run?.record.parent; run = after.get(runId)) {
    runId = run.record.parent;
  }
  if (!runId?.startsWith("p")) return "";
  return `\n  EVERSTEP_SEED=${runId.slice(1)} EVERSTEP_PROGRAMS=1 npx jest test/engine/random-campaign`;
}

interface Batch {
  root: string;
  dataDir: string;
  world: World;
  programs: readonly Program[];
  sender: RandomSender;
  next: Next;
}

async function liveAndDie(batch: Batch) {
  const { root, dataDir, next } = batch;
  const kills: Kill[] = [];
  const problems: string[] = [];
  for (let nth = 0; nth < MOST_KILLS; nth++) {
    const life = `life ${nth}`;
    const process = new CrashProcess(root);
    const bodies = 1 + next(nth === 0 ? 60 : 30);
    process.begin({ ...taskOf(batch, life, kills), ...(next(2) === 0 && { kill: point(next) }) });
    const isTime = () => process.hasEnded || process.heard.filter(isBegin).length >= bodies;
    await untilIdle(batch, isTime);
    await process.kill();
    const left = await readFolder(dataDir);
    for (const { acknowledged } of process.heard) {
      if (acknowledged === undefined || left.has(acknowledged)) continue;
      problems.push(`${acknowledged} was acknowledged in ${life}, and is not there (P1)`);
    }
    kills.push({ life, left });
  }
  return { kills, problems };
}

async function liveToTheEnd(batch: Batch, kills: readonly Kill[]): Promise<string[]> {
  const process = new CrashProcess(batch.root);
  process.begin(taskOf(batch, "last", kills));
  const left = await untilIdle(batch, () => process.hasEnded);
  const problems = process.hasEnded ? [`the last process has ended: ${process.errors}`] : [];
  if (left !== null) problems.push(`after two minutes there is still to come: ${left} (P2)`);
  await process.kill();
  return problems;
}

/** Gives what is left to happen; null if there is nothing. */
async function untilIdle(batch: Batch, isTime: () => boolean): Promise<string | null> {
  const deadline = Date.now() + PATIENCE_MS;
  let left: string | null = null;
  await until(async () => {
    left = await whatIsLeft(batch);
    return left === null || isTime() || Date.now() > deadline;
  });
  return left;
}

function taskOf({ dataDir, programs }: Batch, life: string, kills: readonly Kill[]): Task {
  const left = kills.at(-1)?.left;
  const runs = programs.map(({ runId, plan }) => {
    return { runId, name: "program", args: [plan], isThere: left?.has(runId) ?? false };
  });
  return { dataDir, life, runs, tells: true, stays: true };
}

function point(next: Next): CrashPoint {
  const site = SITES[next(SITES.length)]!;
  return { site, nth: 1 + next(40), when: next(2) === 0 ? "before" : "after" };
}

function isBegin(said: Said): boolean {
  return said.began !== undefined;
}

/** What is still to happen, as far as records and logs say; null if all wait for what nobody sends. */
async function whatIsLeft({ world, sender, programs }: Batch): Promise<string | null> {
  if (await sender.round()) return "something to send";
  const { data } = await world.runs.list({ limit: 1000 });
  const records = new Map(data.map((record) => [record.runId, record]));
  const isOpen = (runId: string) => !TERMINAL.has(records.get(runId)!.status);
  const unknown = programs.find(({ runId }) => !records.has(runId));
  if (unknown) return `a start of ${unknown.runId}`;
  for (const { runId, dueAt, parked, parent } of data) {
    if (!isOpen(runId)) continue;
    const isOrphan = parent !== undefined && records.get(parent)?.status === "cancelled";
    if (isOrphan) return `the cancel of ${runId} with its parent`;
    if (dueAt === null && !parked && (await isWaiting(world, runId, isOpen))) continue;
    return `${runId}: ${await getRun(runId, { world }).explain()}`;
  }
  return null;
}

/** It waits for payloads and for other runs only, and nothing of that is there. */
async function isWaiting(
  world: World,
  runId: string,
  isOpen: (runId: string) => boolean,
): Promise<boolean> {
  const entries = await world.runs.read(runId, 1, 100_000);
  const state = new RunState();
  for (const event of withoutVoids(entries.map((entry) => entry.event))) state.note(event);
  if (state.steps.size > 0 || state.waits.size > 0) return false;
  if (![...state.children.values()].every(isOpen)) return false;
  const messages = await world.inbox.read(runId, 10_000);
  const tokens = [...state.hooks.values()];
  return messages.every(({ body }) => isForLater(body, tokens));
}

function isForLater(body: string, open: readonly string[]): boolean {
  const message = JSON.parse(body) as { type: string; token?: string };
  return message.type === "token_payload" && !open.includes(message.token!);
}
