/** What a workflow may know of its own run. */
import { outside } from "../../contract/wrong-place";
import type { WorkflowApi } from "../../contract/workflow-api";
import type { Runtime } from "../realm/runtime";

export function createMetadata(
  runtime: Runtime,
): Pick<WorkflowApi, "getWorkflowMetadata" | "getStepMetadata"> {
  return {
    getWorkflowMetadata() {
      const { runId, workflow, startedAt, url } = runtime.facts();
      return {
        workflowRunId: runId,
        workflowName: workflow,
        workflowStartedAt: new Date(startedAt),
        url,
      };
    },
    getStepMetadata() {
      throw outside("getStepMetadata()", "step");
    },
  };
}
