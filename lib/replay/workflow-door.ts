/**
 * What a bundle gets for `everstep`: the calls of the prelude it is evaluated on. Only the sandbox's
 * build resolves to this file, by the export condition `workflow` (IM-02).
 */
import { PRELUDE_SYMBOL, type Prelude } from "../contract/prelude";

const { api } = (globalThis as unknown as { [PRELUDE_SYMBOL]: Prelude })[PRELUDE_SYMBOL];

export const {
  sleep,
  createHook,
  createWebhook,
  defineHook,
  fetch,
  getWritable,
  getWorkflowMetadata,
  getStepMetadata,
  FatalError,
  RetryableError,
} = api;
