export {
  BuildError,
  BundleError,
  CompileError,
  ERROR_TABLE,
  EverstepError,
  NotCompiledError,
  UsageError,
  errorPage,
} from "./contract/error";
export type { Diagnostic, ErrorCode, ErrorDetails, ErrorEntry } from "./contract/error";
