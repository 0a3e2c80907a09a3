export * from "./replay/workflow-door";
