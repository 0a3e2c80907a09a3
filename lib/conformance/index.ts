/** Every check, for `everstep/world` and for the tests of our own worlds. */
import type { Check } from "./check";
import { DISPATCH_CHECKS } from "./dispatch";
import { HOOK_CHECKS } from "./hooks";
import { RUN_CHECKS } from "./runs";

export const WORLD_CHECKS: readonly Check[] = [...RUN_CHECKS, ...DISPATCH_CHECKS, ...HOOK_CHECKS];
