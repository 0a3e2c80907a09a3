export { getHookByToken, listHooks, resumeHook } from "./client/hooks";
export type { ListHooksQuery } from "./client/hooks";
export { Run } from "./client/run";
export type { EventsOptions, RunLogEntry, WakeUpOptions } from "./client/run";
export type { RetryOptions } from "./client/retry";
export type {
  RunStreamInfo,
  StreamItem,
  StreamOptions,
  StreamReadingOptions,
  WorkflowReadable,
} from "./client/run-streams";
export { getRun, listRuns } from "./client/runs";
export type { ListRunsQuery, RunSummary } from "./client/runs";
export { start } from "./client/start";
export type { WorkflowReference } from "./client/start";
export type { StartOptions } from "./client/start-options";
export type {
  DeliveredPayload,
  OpenHook,
  ResumeOptions,
  ResumeRunOptions,
  WaitingPayload,
} from "./contract/open-hook";
export type { Page, RunStatus } from "./contract/run";
export { resumeWebhook } from "./client/webhooks";
export type { ResumeWebhookOptions } from "./client/webhooks";
export { getWorld } from "./runtime/current";
