/**
 * The packages that the Redis world stands on, which the app installs. They are looked for when a world
 * is made, so that an app without them is told what to install.
 */
import { createRequire } from "node:module";
import type * as bullmq from "bullmq";
import type * as ioredis from "ioredis";
import { WorldError } from "../lib/contract/error";

type Ioredis = typeof ioredis;
type BullMQ = typeof bullmq;

/** Gives what a package exports; throws if it is not there. */
export type Load = (name: string) => unknown;

interface Range {
  from: string;
  /** Not from there on. */
  below?: string;
  why: string;
}

interface Driver {
  /** What works, as npm writes it. */
  wanted: string;
  bad: readonly Range[];
}

const DRIVERS: Readonly<Record<string, Driver>> = {
  ioredis: {
    wanted: "5.4.0",
    bad: [{ from: "0.0.0", below: "5.4.0", why: "it does not notice when a server is cut off" }],
  },
  bullmq: {
    wanted: "6.7.0",
    bad: [
      {
        ...{ from: "6.0.7", below: "6.3.3" },
        why: "it stops taking jobs when Redis was away for more than some seconds",
      },
      { from: "0.0.0", below: "6.7.0", why: "it is older than what everstep was tried with" },
    ],
  },
};

const load: Load = createRequire(__filename);

/** Throws where one is missing, or of a version that would harm. */
export function checkDrivers(from: Load = load): void {
  for (const name of Object.keys(DRIVERS)) checkDriver(name, from);
}

export function loadIoredis(): Ioredis {
  return load("ioredis") as Ioredis;
}

export function loadBullMQ(): BullMQ {
  return load("bullmq") as BullMQ;
}

function checkDriver(name: string, from: Load): void {
  const { wanted, bad } = DRIVERS[name]!;
  const version = versionOf(name, from);
  const install = `npm install ${name}@^${wanted}`;
  if (version === null) {
    const message = `The Redis world needs the package ${name}, which is not installed: ${install}`;
    throw new WorldError("REDIS_DRIVER_MISSING", message);
  }
  const range = bad.find((each) => isWithin(version, each));
  if (!range) return;
  const message = `The package ${name} ${version} cannot be used, because ${range.why}: ${install}`;
  throw new WorldError("REDIS_DRIVER_UNSUITABLE", message);
}

function versionOf(name: string, from: Load): string | null {
  try {
    return (from(`${name}/package.json`) as { version: string }).version;
  } catch {
    return null;
  }
}

function isWithin(version: string, { from, below }: Range): boolean {
  const isBelow = below === undefined || compare(version, below) < 0;
  return isBelow && compare(version, from) >= 0;
}

/** What stands behind a hyphen is not looked at. */
function compare(one: string, other: string): number {
  const [left, right] = [one, other].map((each) => each.split("-")[0]!.split(".").map(Number));
  for (const [at, part] of left!.entries()) {
    const difference = part - (right![at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
