/** What `everstep` exports to workflow code. */
import type { Prelude } from "../../contract/prelude";
import { FatalError, RetryableError } from "../../contract/step-error";
import type { WorkflowApi } from "../../contract/workflow-api";
import { createDefineHook } from "../calls/define-hook";
import { createFetch } from "../calls/fetch";
import type { HookCalls } from "../calls/hook";
import { createMetadata } from "../calls/metadata";
import { createSleep } from "../calls/sleep";
import { createWebhookCall } from "../calls/webhook";
import { createGetWritable } from "../calls/writable";
import type { Runtime } from "./runtime";

export function createApi(
  runtime: Runtime,
  hooks: HookCalls,
  call: Prelude["call"],
): Readonly<WorkflowApi> {
  return Object.freeze({
    sleep: createSleep(runtime),
    createHook: hooks.createHook,
    createWebhook: createWebhookCall(runtime, hooks),
    defineHook: createDefineHook(hooks),
    fetch: createFetch(call),
    getWritable: createGetWritable(runtime),
    ...createMetadata(runtime),
    FatalError,
    RetryableError,
  });
}
