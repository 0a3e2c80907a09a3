/** What all owners of an engine share. */
import type { Codec } from "../codec/codec";
import type { World } from "../contract/world";
import type { ReplayServices } from "../replay/services";
import type { Pumps } from "../streams/pumps";
import type { BundleStore } from "./bundle-store";
import type { ContextCache } from "./context-cache";
import type { Limits } from "./limits";
import type { Logger } from "./logger";
import type { EngineMetrics } from "./metrics";
import type { Permits } from "./permits";
import type { Slots } from "./slots";
import type { AttemptFacts } from "./step-scope";
import type { Turnstile } from "./turnstile";
import type { Patience } from "./until-answered";
import type { Watchdog } from "./watchdog";
import type { EngineClock } from "./world-clock";

export interface EngineParts {
  world: World;
  clock: EngineClock;
  codec: Codec;
  slots: Slots;
  /** Null where this process alone executes. */
  permits: Permits | null;
  turnstile: Turnstile;
  contexts: ContextCache;
  bundles: BundleStore;
  services: ReplayServices;
  limits: Limits;
  /** A run that sleeps for longer is replayed when it wakes; its realm serves others until then. */
  worthKeepingMs: number;
  /** Where the app can be reached, without a slash at the end. */
  url: () => string;
  webhookTokens: "any" | "generated";
  watchdog: Watchdog;
  /** Streams of this process that others read. */
  pumps: Pumps;
  log: Logger;
  metrics: EngineMetrics;
  patience: Patience;
  /** The bundle that runs of a workflow are to go on with, if not with their own; null for that. */
  latestCode?: ((workflow: string) => Promise<string | null>) | undefined;
  /** Hears of every body that is about to be called. */
  onAttempt?: ((facts: AttemptFacts) => void) | undefined;
}
