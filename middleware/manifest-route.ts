/** `GET …/manifest.json`: what the app is made of, for those who are told to show it (HE-06). */
import { getApp } from "../lib/runtime/current";
import { empty, json } from "./answer";
import type { WorkflowService } from "./workflow-service";

export async function answerManifest(service: WorkflowService): Promise<Response> {
  if (process.env["WORKFLOW_PUBLIC_MANIFEST"] !== "1") return empty(404);
  if (!(await service.isServing())) return empty(503);
  const { manifest } = await getApp().current();
  return json(200, manifest);
}
