export { Run } from "./client/run";
export { createRuntime } from "./runtime/create-runtime";
export type { Runtime, RuntimeOptions, StopOptions } from "./runtime/create-runtime";
export { getWorld, setWorld } from "./runtime/current";
export type { World } from "./contract/world";
