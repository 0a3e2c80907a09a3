export {
  BuildError,
  BundleError,
  CompileError,
  CorruptedEventLogError,
  ERROR_TABLE,
  EverstepError,
  HookConflictError,
  NotCompiledError,
  ReplayDivergenceError,
  SerializationError,
  UsageError,
  WorkflowBlockedError,
  WorkflowNotRegisteredError,
  WorkflowRuntimeError,
  WorldError,
  errorPage,
} from "./contract/error";
export type { Diagnostic, ErrorCode, ErrorDetails, ErrorEntry } from "./contract/error";
