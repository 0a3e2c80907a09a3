/**
 * What `everstep` exports to code outside the sandbox. Such code imports it since the same file holds
 * workflows, steps and what calls them: each name exists, and says where it can be called.
 */
import type { WorkflowApi, WorkflowWritableStreamOptions } from "../contract/workflow-api";
import { outside } from "../contract/wrong-place";
import { stepScope } from "../engine/step-scope";
import { defineHook as defineTypedHook } from "./typed-hooks";

type WorkflowCalls = Omit<WorkflowApi, "FatalError" | "RetryableError">;

export const {
  sleep,
  createHook,
  createWebhook,
  defineHook,
  fetch,
  getWritable,
  getWorkflowMetadata,
  getStepMetadata,
}: WorkflowCalls = {
  sleep: () => refuse("sleep()", "workflow"),
  createHook: () => refuse("createHook()", "workflow"),
  createWebhook: () => refuse("createWebhook()", "workflow"),
  defineHook: defineTypedHook,
  // A step that is called outside of a workflow is an ordinary function (ST-23).
  fetch: (...args) => globalThis.fetch(...args),
  getWritable: <W>(options: WorkflowWritableStreamOptions = {}): WritableStream<W> =>
    stepScope.getStore()?.streams?.ofRun(options.namespace) ??
    refuse("getWritable()", "workflow or step"),
  getWorkflowMetadata: () =>
    stepScope.getStore()?.workflowMetadata() ?? refuse("getWorkflowMetadata()", "workflow or step"),
  getStepMetadata: () =>
    stepScope.getStore()?.stepMetadata() ?? refuse("getStepMetadata()", "step"),
};

function refuse(...[call, place]: Parameters<typeof outside>): never {
  throw outside(call, place);
}
