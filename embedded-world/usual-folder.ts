/**
 * Where runs are kept when nobody says where. What tests leave behind never meets what development
 * has under way, and two workers of a test runner do not execute each other's runs.
 */
import path from "node:path";

const FOLDER = ".workflow-data";

export function usualFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const named = env["WORKFLOW_EMBEDDED_DATA_DIR"];
  if (named) return named;
  if (env["NODE_ENV"] !== "test") return FOLDER;
  const worker = env["JEST_WORKER_ID"] ?? env["VITEST_POOL_ID"];
  return path.join(FOLDER, worker === undefined ? "test" : `test-${worker}`);
}
