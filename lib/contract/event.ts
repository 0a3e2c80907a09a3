/**
 * The log of a run: one type per fact in its life.
 *
 * Events are stored for as long as the run and are replayed by every later version, so a field is
 * never given another meaning, and a new field is optional. Texts named `Encoded` are made and read
 * by the codec only; a world stores them untouched. `at` is world time in milliseconds.
 *
 * - V1 `*_created` comes before anything else about its call, and once.
 * - V2 A step, a wait and a hook each end at most once: completed, failed, cancelled or disposed.
 *   A payload that was on its way then is in the log all the same, behind the end of its hook.
 * - V3 Nothing follows `run_completed` or `run_cancelled`; and nothing but `run_retried` follows
 *   `run_failed`.
 * - V4 What `run_retried` calls void is read as `voided`, by everybody (lib/contract/voids.ts).
 */
import type { CallKey } from "./call";

/** A value as text, see docs/stored-values.md. */
export type Encoded = string;

export interface RunCreated {
  type: "run_created";
  at: number;
  runId: string;
  workflow: string;
  /** The hash of the bundle on which the run is replayed to its end. */
  bundle: string;
  input: Encoded;
  /** World time at which the run fails if it is not over. */
  deadline?: number;
  /** The step of another run in which it was started, unless it was to be on its own. */
  parent?: { runId: string; call: CallKey };
}

export interface RunStarted {
  type: "run_started";
  at: number;
  /** Where the app can be reached; makes the addresses of webhooks. */
  url?: string;
  /** Webhooks have generated tokens only; any unless it is said. */
  webhookTokens?: "generated";
}

export interface RunCompleted {
  type: "run_completed";
  at: number;
  output: Encoded;
}

export interface RunFailed {
  type: "run_failed";
  at: number;
  failure: Failure;
  /** The position of the event at which the code came to this end. */
  seen?: number;
}

/** Somebody wants a run that has failed to go on. Its deadline does not hold any more. */
export interface RunRetried {
  type: "run_retried";
  at: number;
  /** Positions of events before it that count as if they had never been (V4). */
  voids: readonly number[];
  /** Where it goes on with other code: the hash of that bundle. */
  bundle?: string;
}

/** From here on, and from the start at the next replay, the run has the code of this bundle. */
export interface CodeChanged {
  type: "code_changed";
  at: number;
  bundle: string;
}

/** Stands where an event was that counts no more. It is made by who reads a log, never stored. */
export interface Voided {
  type: "voided";
  at: number;
  event: RunEvent;
}

export interface RunCancelled {
  type: "run_cancelled";
  at: number;
}

export interface StepCreated {
  type: "step_created";
  at: number;
  call: CallKey;
  input: Encoded;
  /** The object that the step was called on, if it uses it. */
  receiver?: Encoded;
  /** What a nested step closed over. */
  captured?: Encoded;
}

export interface StepStarted {
  type: "step_started";
  at: number;
  call: CallKey;
  attempt: number;
  /** For any process to run; its outcome comes as a message, whoever owns the run then (E2). */
  isOffered?: true;
}

export interface StepRetrying {
  type: "step_retrying";
  at: number;
  call: CallKey;
  attempt: number;
  failure: Failure;
  retryAt: number;
}

/** The attempt has no outcome of its own: its owner was lost, or handed the run back (E6). */
export interface StepInterrupted {
  type: "step_interrupted";
  at: number;
  call: CallKey;
  attempt: number;
  reason: "lost" | "handed_back";
}

export interface StepCompleted {
  type: "step_completed";
  at: number;
  call: CallKey;
  output: Encoded;
}

export interface StepFailed {
  type: "step_failed";
  at: number;
  call: CallKey;
  failure: Failure;
}

export interface WaitCreated {
  type: "wait_created";
  at: number;
  call: CallKey;
  digest: string;
  dueAt: number;
}

export interface WaitCompleted {
  type: "wait_completed";
  at: number;
  call: CallKey;
}

export interface WaitCancelled {
  type: "wait_cancelled";
  at: number;
  call: CallKey;
}

export interface HookCreated {
  type: "hook_created";
  at: number;
  call: CallKey;
  digest: string;
  token: string;
  options: HookDescription;
}

export interface HookReceived {
  type: "hook_received";
  at: number;
  call: CallKey;
  payload: Encoded;
  /** A schema has checked it already and made it what it is, so that of the hook does not look. */
  isChecked?: true;
}

export interface HookDisposed {
  type: "hook_disposed";
  at: number;
  call: CallKey;
}

/** The token belongs to another hook; takes the place of `hook_created`. */
export interface HookConflicted {
  type: "hook_conflicted";
  at: number;
  call: CallKey;
  digest: string;
  token: string;
  /** The run that has it, where it is known. */
  ownerRunId?: string;
}

/** The workflow waits for the end of another run. */
export interface ChildAwaited {
  type: "child_awaited";
  at: number;
  call: CallKey;
  digest: string;
  runId: string;
}

export interface ChildCompleted {
  type: "child_completed";
  at: number;
  call: CallKey;
  output: Encoded;
}

export interface ChildFailed {
  type: "child_failed";
  at: number;
  call: CallKey;
  reason: "failed" | "cancelled" | "not_found";
  /** How, if it did fail. */
  failure?: Failure;
}

/** A variable of the environment, as it was when the workflow first read it. */
export interface EnvironmentRead {
  type: "environment_read";
  at: number;
  name: string;
  /** Null for a variable that was not set. */
  value: string | null;
}

export type RunEvent =
  | RunCreated
  | RunStarted
  | RunCompleted
  | RunFailed
  | RunCancelled
  | RunRetried
  | CodeChanged
  | Voided
  | StepCreated
  | StepStarted
  | StepRetrying
  | StepInterrupted
  | StepCompleted
  | StepFailed
  | WaitCreated
  | WaitCompleted
  | WaitCancelled
  | HookCreated
  | HookReceived
  | HookDisposed
  | HookConflicted
  | ChildAwaited
  | ChildCompleted
  | ChildFailed
  | EnvironmentRead;

/** What was thrown: as a value for programs, and as text for people. */
export interface Failure {
  name: string;
  message: string;
  stack?: string;
  code?: string;
  value: Encoded;
}

/** What is known of a hook beside its token. */
export interface HookDescription {
  /** The name of the call site, or the one given. */
  name?: string;
  label?: string;
  metadata?: Encoded;
  /** What a payload has to be: a JSON Schema, as JSON. */
  schema?: string;
  /** It takes one payload. */
  once?: true;
  /** That payload was there before the hook was. Only records of hooks say so. */
  isServed?: true;
  /** Whether requests may be sent to it, and how they are answered. */
  webhook?: WebhookDescription;
}

export interface WebhookDescription {
  respondWith: "accepted" | "manual" | "static";
  /** The answer, when it is static. */
  response?: Encoded;
}

/** The events by which a call enters the log. */
export type CreatedEvent = StepCreated | WaitCreated | HookCreated | ChildAwaited;
