/** One run that is killed: its folder, what its processes are told to do, and what came of it. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createHostCodec } from "../../lib/engine/host-codec";
import { auditFolder, type Folder, type Kill, readBodies, readFolder } from "./crash-audit";
import type { CrashCase } from "./crash-cases";
import { openPlace, type Place, type RedisPlace } from "./crash-place";
import type { Said, Task } from "./crash-process";
import { sendInTurn } from "./crash-sender";

export interface Trial extends Place {
  crash: CrashCase;
  runId: string;
}

export interface Told {
  /** By the last process. */
  heard: readonly Said[];
  kills: readonly Kill[];
  /** Some process lived on without its lease. */
  hasLapsed?: boolean;
}

const codec = createHostCodec();
let folders = 0;

/** In the app's folder, or on that Redis. */
export function makeTrial(
  crash: CrashCase,
  root: string,
  redis?: Omit<RedisPlace, "prefix">,
): Trial {
  const runId = `run_${++folders}`;
  const dataDir = path.join(root, "data", runId);
  mkdirSync(dataDir);
  return { crash, dataDir, runId, ...(redis && { redis: { ...redis, prefix: runId } }) };
}

export function taskOf(
  { crash, dataDir, redis, runId }: Trial,
  life: string,
  isThere = false,
): Task {
  const { name, args = [], payloads = [], isResumedByItself, isRetried } = crash;
  const resumes = { token: tokenOf(runId), payload: payloads[0]?.payload, runId };
  return {
    ...{ dataDir, redis, life, runs: [{ runId, name, args: [runId, ...args], isThere }] },
    ...(isResumedByItself && { resumes }),
    ...(isRetried && { retries: runId }),
  };
}

/** From this process, while the others die; gives what ends the attempts. */
export function sendPayloads(trial: Trial): () => Promise<void> {
  const { crash, runId } = trial;
  const { payloads, isResumedByItself = false } = crash;
  if (!payloads || isResumedByItself) return async () => undefined;
  const world = openPlace(trial);
  let isStopped = false;
  const sent = sendInTurn(world, tokenOf(runId), payloads, () => isStopped);
  return async () => {
    isStopped = true;
    await sent;
    await world.close();
  };
}

/** What is wrong with what is left when the last process is done. */
export async function judge(trial: Trial, { heard, kills, hasLapsed }: Told): Promise<string[]> {
  const { runId, dataDir, redis } = trial;
  const last = heard.at(-1);
  if (!last?.done) return ["the process that goes on has ended"];
  const after = await readFolder(dataDir, redis);
  const open = [...after.values()].filter(({ record }) => record.endedAt === undefined);
  if (!after.has(runId) || open.length > 0) {
    const still = open.map(({ record }) => `${record.workflow} ${record.status}`);
    return [`not over: ${still.join(", ")}: ${JSON.stringify(last.explained)}`];
  }
  return [
    ...auditFolder(after, kills, readBodies(dataDir), hasLapsed),
    ...checkEnds(trial, after),
    ...checkPayloads(trial, after),
    ...checkCode(after, kills),
  ];
}

function checkEnds({ crash, runId }: Trial, after: Folder): string[] {
  const { record, entries } = after.get(runId)!;
  const { event } = entries.at(-1)!;
  const gives = event.type === "run_completed" ? codec.decode(event.output) : undefined;
  const isAsExpected =
    crash.gives instanceof RegExp ? crash.gives.test(String(gives)) : gives === crash.gives;
  const problems: string[] = [];
  if (record.status !== crash.ends || !isAsExpected) {
    problems.push(`came to ${JSON.stringify(event)}`);
  }
  const children = [...after.values()].filter((run) => run.record.runId !== runId);
  const ends = children.map((child) => child.record.status);
  if (ends.join() !== (crash.children ?? []).join()) problems.push(`children: ${ends.join()}`);
  return problems;
}

/** Each is in a log, and once, however often it was sent. */
function checkPayloads({ crash }: Trial, after: Folder): string[] {
  const received = [...after.values()].flatMap(({ entries }) =>
    entries.flatMap(({ event }) =>
      event.type === "hook_received" ? [codec.decode(event.payload)] : [],
    ),
  );
  const expected = (crash.payloads ?? []).map(({ payload }) => payload);
  const isSame = received.toSorted().join() === expected.toSorted().join();
  return isSame ? [] : [`payloads: ${received.join()}`];
}

/** Whatever is deployed, a run stays on the code that it was started with (P6). */
function checkCode(after: Folder, kills: readonly Kill[]): string[] {
  return kills.flatMap(({ life, left }) =>
    [...left].flatMap(([runId, { record }]) =>
      record.bundle === after.get(runId)?.record.bundle ? [] : [`${life}: ${runId} lost its code`],
    ),
  );
}

function tokenOf(runId: string): string {
  return `token:${runId}`;
}
