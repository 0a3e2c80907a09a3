/**
 * The fault campaign of the Redis world: workers are killed, stopped, cut off and replaced while a
 * load runs, the server is killed and comes again, and nothing that was promised is broken (P1 to P6,
 * E0 to E8, W1 to W6; B1 to B17, D1 to D13).
 *
 * EVERSTEP_SEED repeats plans of load and faults, as far as a machine can; EVERSTEP_DEEP makes it
 * long, EVERSTEP_CAMPAIGN_MINUTES as long as that.
 */
import path from "node:path";
import { crashApp } from "../engine/crash-process";
import { isDeep } from "../toolchain/install";
import { SAFE, type Settings } from "./campaign/aof-server";
import { appSource } from "./campaign/app-source";
import { type CampaignSettings, runCampaign } from "./campaign/campaign";
import { runLosses } from "./campaign/loss";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
const MINUTES = Number(process.env.EVERSTEP_CAMPAIGN_MINUTES ?? (isDeep ? 30 : 0));
const ROUND_MS = 150_000;
const WORKERS = [1, 2, 4];
const LEASES = [1_000, 2_000, 4_000];

const SLICE = { durationMs: 18_000, longestOutageMs: 4_000, faultEveryMs: 1_800 };
const LONG = { durationMs: ROUND_MS, longestOutageMs: 65_000, faultEveryMs: 2_500 };

/** Versions of the app. */
const roots: string[] = [];

beforeAll(async () => {
  for (const version of [1, 2, 3]) roots.push(await crashApp(appSource(version)));
}, 120_000);

const count = MINUTES > 0 ? Math.ceil((MINUTES * 60_000) / ROUND_MS) : 1;
const rounds = Array.from({ length: count }, (_, nth): CampaignSettings => {
  const [seed, places] = [SEED + nth, MINUTES > 0 ? WORKERS[nth % WORKERS.length]! : 2];
  const leaseMs = LEASES[seed % LEASES.length]!;
  return { ...(MINUTES > 0 ? LONG : SLICE), seed, places, leaseMs, runsPerSecond: 6 };
});

test.each(rounds.map((round) => [round.seed, round.places, round.leaseMs, round] as const))(
  "P1 to P6: runs get through all faults (seed %d, workers: %d, lease: %d ms)",
  async (seed, _places, _leaseMs, round) => {
    const { problems, counts, diary } = await runCampaign(roots, folderOf("campaign", seed), round);
    say(`campaign ${seed}`, counts);
    expect(problems.length > 0 ? [...shown(problems, seed), ...diary] : []).toEqual([]);
    expect(Object.keys(counts.faults)).toEqual(expect.arrayContaining(["kill", "redis kill"]));
  },
  ROUND_MS + 450_000,
);

/** Redis puts writes off while its disk is busy, and what it has on disk is looked at now and then. */
const SLACK_MS = 1_500;
const LOSSES: { name: string; server: Settings; says: RegExp; boundMs: number }[] = [
  {
    name: "everysec",
    server: { ...SAFE, appendfsync: "everysec" },
    says: /survives a crash of the server, and the loss of power but for the last second/,
    boundMs: 1_000 + SLACK_MS,
  },
  {
    name: "no persistence",
    server: { appendonly: "no", save: "" },
    says: /a restart of the server loses all of it/,
    boundMs: Infinity,
  },
];

/** In a usual run the one that promises something. */
const tried = isDeep ? LOSSES : LOSSES.slice(0, 1);

test.each(tried.map((loss) => [loss.name, loss] as const))(
  `P1, P2: a machine that is lost takes what the world had said, and no run is stuck (%s, seed ${SEED})`,
  async (name, { server, says, boundMs }) => {
    const times = isDeep ? { losses: 10, everyMs: 6_000 } : { losses: 2, everyMs: 2_500 };
    const load = { seed: SEED, places: 2, leaseMs: 2_000, runsPerSecond: 10 };
    const settings = { ...load, ...times, server, boundMs };
    const folder = folderOf(`loss with ${name}`, SEED);
    const { problems, guarantee, counts } = await runLosses(roots, folder, settings);
    say(`losses with ${name}`, counts);
    expect(guarantee).toMatch(says);
    expect(problems.length > 0 ? shown(problems, SEED) : []).toEqual([]);
  },
  300_000,
);

function folderOf(name: string, seed: number): string {
  return path.join(roots[0]!, "data", `${name} ${seed}`);
}

/** For whoever runs it by hand or at length. */
function say(name: string, counts: object): void {
  if (!isDeep && !process.env.EVERSTEP_SEED) return;
  process.stderr.write(`${name}: ${JSON.stringify(counts)}\n`);
}

/** What is needed to look into it. */
function shown(problems: readonly string[], seed: number): string[] {
  const again = `EVERSTEP_SEED=${seed} npx jest test/redis/campaign`;
  return [`${problems.length} problems: ${again}`, ...problems.slice(0, 30)];
}
