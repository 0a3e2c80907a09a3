/** Every check, for `everstep/world` and for the tests of our own worlds. */
import { AUTH_CHECKS } from "./auth";
import type { Check } from "./check";
import { DISPATCH_CHECKS } from "./dispatch";
import { FOLLOW_UP_CHECKS } from "./follow-ups";
import { HOOK_CHECKS } from "./hooks";
import { INBOX_CHECKS } from "./inbox";
import { LIST_CHECKS } from "./lists";
import { PERMIT_CHECKS } from "./permits";
import { REOPEN_CHECKS } from "./reopen";
import { RUN_CHECKS } from "./runs";
import { STREAM_CHECKS } from "./streams";

export const WORLD_CHECKS: readonly Check[] = [
  ...RUN_CHECKS,
  ...LIST_CHECKS,
  ...REOPEN_CHECKS,
  ...DISPATCH_CHECKS,
  ...INBOX_CHECKS,
  ...FOLLOW_UP_CHECKS,
  ...HOOK_CHECKS,
  ...STREAM_CHECKS,
  ...PERMIT_CHECKS,
  ...AUTH_CHECKS,
];
