/** BullMQ is looked for when it is needed, so that an app without it is told what to install. */
import { createRequire } from "node:module";

type BullMQ = typeof import("bullmq");

export function loadBullMQ(): BullMQ {
  return createRequire(__filename)("bullmq") as BullMQ;
}
