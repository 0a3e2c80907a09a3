export { createTestWorld } from "./testing/test-world";
export type { TestWorld, TestWorldOptions } from "./testing/test-world";
export { mockStep } from "./testing/mock-step";
export type { AnyStep, StepImplementation, StepMock } from "./testing/mock-step";
export { waitForHook, waitForSleep } from "./testing/wait-for";
export type { WaitForHookOptions, WaitOptions } from "./testing/wait-for";
export type { RepeatedStep } from "./testing/body-count";
export { crashAt } from "./testing/crash-at";
export type {
  CrashFace,
  CrashOptions,
  CrashPoint,
  CrashReport,
  Scenario,
} from "./testing/crash-at";
export { replay } from "./testing/replay-history";
export type {
  History,
  HistoryEntry,
  ReplayedWorkflow,
  ReplayResult,
} from "./testing/replay-history";
