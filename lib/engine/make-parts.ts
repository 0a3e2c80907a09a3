/** Puts an engine's parts together from what its user has to say about them. */
import { setMaxListeners } from "node:events";
import { randomBytes } from "node:crypto";
import { buildToken } from "../contract/token";
import type { RetentionPolicy, World } from "../contract/world";
import type { ReplayServices } from "../replay/services";
import { Pumps } from "../streams/pumps";
import { BundleStore } from "./bundle-store";
import { createComputedClock } from "./computed-clock";
import { ContextCache } from "./context-cache";
import type { EngineParts } from "./engine-parts";
import { globalsServices } from "./globals-services";
import { createHostCodec } from "./host-codec";
import { hostTypes } from "./host-types";
import { type Limits, USUAL_LIMITS } from "./limits";
import { consoleLogger, type Logger } from "./logger";
import { EngineMetrics } from "./metrics";
import { Permits } from "./permits";
import { Slots } from "./slots";
import type { AttemptFacts } from "./step-scope";
import { Turnstile } from "./turnstile";
import { Watchdog } from "./watchdog";
import { type EngineClock, WorldClock } from "./world-clock";

export interface EngineOptions {
  /**
   * Where the app can be reached, which may only be known later; what `getWorkflowMetadata().url`
   * gives, and what the addresses of webhooks begin with.
   */
  url?: string | (() => string);
  /** Whether workflow code may choose the tokens of its webhooks, whose route is public: `any`. */
  webhookTokens?: "any" | "generated";
  /** Steps that run at once in this process: 100. */
  concurrency?: number;
  /** Runs that are kept ready to go on; others are replayed when they are: 200. */
  contexts?: number;
  limits?: Partial<Limits>;
  /** How long finished runs are kept: 7 days, failed ones 30. */
  retention?: Partial<RetentionPolicy>;
  /** How long code may hold the process before it is ended, in milliseconds: 5 minutes. */
  blockedLimitMs?: number;
  log?: Logger;
  /** What workflow code reads from `process.env`. */
  environment?: (name: string) => string | undefined;
}

/** What those say who put an engine together themselves, and no user of it. */
export interface EngineSettings extends EngineOptions {
  clock?: EngineClock;
  /** How long a sleep may be that a run spends in memory, where time may go faster than memory fills. */
  worthKeepingMs?: number;
  /** Called when there may be nothing left to do until something happens. */
  onRest?: () => void;
  /** Hears of every body that is about to be called. */
  onAttempt?: (facts: AttemptFacts) => void;
  latestCode?: EngineParts["latestCode"] | undefined;
}

export const USUAL_BLOCKED_LIMIT_MS = 300_000;
const USUALLY_WORTH_KEEPING_MS = 60_000;
const USUAL_STEPS = 100;
const USUAL_CONTEXTS = 200;
const DAY_MS = 86_400_000;

export const USUAL_RETENTION: RetentionPolicy = { finishedMs: 7 * DAY_MS, failedMs: 30 * DAY_MS };

export function makeParts(world: World, options: EngineSettings, signal: AbortSignal): EngineParts {
  const { log = consoleLogger, environment = (name) => process.env[name] } = options;
  const patience = { log, signal };
  // Each run that waits for the world to answer listens to it.
  setMaxListeners(0, signal);
  const permits = world.permits?.share ? new Permits(world, patience) : null;
  return {
    world,
    clock: options.clock ?? new WorldClock(),
    codec: createHostCodec(hostTypes),
    slots: new Slots(options.concurrency ?? USUAL_STEPS, permits),
    permits,
    turnstile: new Turnstile(),
    contexts: new ContextCache(options.contexts ?? USUAL_CONTEXTS),
    bundles: new BundleStore(world, patience),
    services: makeServices(environment),
    limits: { ...USUAL_LIMITS, ...options.limits },
    worthKeepingMs: options.worthKeepingMs ?? USUALLY_WORTH_KEEPING_MS,
    watchdog: new Watchdog(),
    pumps: new Pumps(),
    url: urlOf(options.url ?? usualUrl),
    webhookTokens: options.webhookTokens ?? "any",
    log,
    metrics: new EngineMetrics(),
    patience,
    onAttempt: options.onAttempt,
    latestCode: options.latestCode,
  };
}

export function makeServices(environment: (name: string) => string | undefined): ReplayServices {
  return {
    ...globalsServices,
    environment,
    print: (level, text) => console[level](text),
    newToken: (runId) => buildToken(runId, randomBytes(18).toString("base64url")),
    computedMs: createComputedClock(),
  };
}

function urlOf(given: string | (() => string)): () => string {
  return () => (typeof given === "string" ? given : given()).replace(/\/+$/, "");
}

function usualUrl(): string {
  const { WORKFLOW_URL, PORT } = process.env;
  return WORKFLOW_URL || `http://localhost:${PORT || 3000}`;
}
