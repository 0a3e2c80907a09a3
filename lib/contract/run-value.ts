/** Runs as values that travel between workflows and steps: what a workflow may ask one, by a step. */
export const RUN_QUESTIONS = [
  ...(["status", "workflowName", "createdAt", "startedAt", "completedAt", "exists"] as const),
] as const;
export const RUN_ORDERS = ["cancel", "wakeUp", "retry", "explain"] as const;

export type RunQuestion = (typeof RUN_QUESTIONS)[number];
export type RunOrder = (typeof RUN_ORDERS)[number];
