/** What workflow code asks for: each becomes an event when the engine commits the turn. */
import type { CallKey } from "./call";
import type { Encoded, HookDescription } from "./event";

export interface StepCommand {
  type: "step";
  call: CallKey;
  input: Encoded;
  receiver?: Encoded;
  captured?: Encoded;
}

export interface WaitCommand {
  type: "wait";
  call: CallKey;
  /** What was asked for, so that a replay can tell that it asks for the same. */
  digest: string;
  dueAt: number;
}

export interface CancelWaitCommand {
  type: "cancel_wait";
  call: CallKey;
}

export interface HookCommand {
  type: "hook";
  call: CallKey;
  digest: string;
  token: string;
  /** A custom token has to be reserved; others carry their run id. */
  isCustomToken: boolean;
  options: HookDescription;
}

export interface DisposeHookCommand {
  type: "dispose_hook";
  call: CallKey;
}

export interface AwaitChildCommand {
  type: "child";
  call: CallKey;
  digest: string;
  runId: string;
}

/** The value is that of the process which read it; it is recorded and never read again. */
export interface ReadEnvironmentCommand {
  type: "read_environment";
  name: string;
  value: string | null;
}

export type Command =
  | StepCommand
  | WaitCommand
  | CancelWaitCommand
  | HookCommand
  | DisposeHookCommand
  | AwaitChildCommand
  | ReadEnvironmentCommand;
