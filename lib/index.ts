export {
  createHook,
  createWebhook,
  defineHook,
  fetch,
  getStepMetadata,
  getWorkflowMetadata,
  getWritable,
  sleep,
} from "./client/outside-workflow";
export { FatalError, RetryableError } from "./contract/step-error";
export type { DurationText } from "./contract/duration";
export type { RetryableErrorOptions } from "./contract/step-error";
export type { Backoff, StepOptions, WorkflowOptions } from "./contract/step-options";
export type { JsonSchema, PayloadIssue, StandardSchemaV1 } from "./contract/standard-schema";
export type {
  Hook,
  HookDefinition,
  HookOptions,
  RequestWithResponse,
  Sleep,
  SleepOptions,
  StepMetadata,
  TypedHook,
  TypedHookOptions,
  Webhook,
  WebhookOptions,
  WorkflowMetadata,
  WorkflowWritableStreamOptions,
} from "./contract/workflow-api";
