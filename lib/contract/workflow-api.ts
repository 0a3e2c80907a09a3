/** What `everstep` offers to workflow code, as types; lib/replay/calls makes it. */
import type { DurationText } from "./duration";
import type {
  DeliveredPayload,
  ResumeOptions,
  ResumeRunOptions,
  WaitingPayload,
} from "./open-hook";
import type { JsonSchema, StandardSchemaV1 } from "./standard-schema";
import type { FatalError, RetryableError } from "./step-error";

export interface SleepOptions {
  /** Tells this sleep from others wherever it is moved in the source. */
  name?: string;
}

/** A sleep under way. When it is cancelled its promise stays pending, like that of a cleared timer. */
export interface Sleep extends Promise<void> {
  cancel(): void;
  [Symbol.dispose](): void;
}

export type SleepFunction = (
  duration: DurationText | number | Date,
  options?: SleepOptions,
) => Sleep;

export interface HookOptions<T = unknown> {
  /** Known to who resumes it; generated, and impossible to guess, unless it is given. */
  token?: string;
  /** Any serializable value, stored with the hook for people and programs that find it. */
  metadata?: unknown;
  /** Tells this hook from others wherever it is moved in the source. */
  name?: string;
  /** What people read when they are asked for the payload. */
  label?: string;
  /**
   * What a payload has to be: any Standard Schema, or a JSON Schema. Who resumes the hook with
   * anything else is refused; the workflow gets what a Standard Schema makes of the payload.
   */
  schema?: StandardSchemaV1<unknown, T> | JsonSchema;
  /** It takes one payload; who comes later is refused. */
  once?: boolean;
}

/** A place where the workflow waits for values: each `await`, and each turn of a loop, takes one. */
export interface Hook<T = unknown> extends PromiseLike<T>, AsyncIterable<T> {
  readonly token: string;
  /** Null if the token is this hook's, else the run that has it. */
  getConflict(): Promise<{ runId: string } | null>;
  /** Gives the token back. Loops over the hook end; who awaits it waits for ever. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export type CreateHook = <T = unknown>(options?: HookOptions<T>) => Hook<T>;

export type TypedHookOptions = Omit<HookOptions, "schema">;

export interface HookDefinition<Input = unknown, Output = Input> {
  schema?: StandardSchemaV1<Input, Output> | JsonSchema;
  /** What people and programs find such a hook by. */
  name?: string;
  /** What people read when they are asked for the payload. */
  label?: string;
  /** The same as `label`. */
  description?: string;
}

/** Hooks that are sent one type, and give another where a schema makes it of that. */
export interface TypedHook<Input = unknown, Output = Input> {
  /** In workflows only. */
  create(options?: TypedHookOptions): Hook<Output>;
  /** The same as `create`. */
  wait(options?: TypedHookOptions): Hook<Output>;
  /** Outside of workflows only. The schema checks the payload, and makes what is delivered. */
  resume(token: string, payload: Input, options?: ResumeOptions): Promise<DeliveredPayload>;
  resume(
    token: string,
    payload: Input,
    options: ResumeRunOptions,
  ): Promise<DeliveredPayload | WaitingPayload>;
}

export type DefineHook = <Input = unknown, Output = Input>(
  definition?: StandardSchemaV1<Input, Output> | HookDefinition<Input, Output>,
) => TypedHook<Input, Output>;

export interface WebhookOptions extends Omit<HookOptions, "schema"> {
  /** 202 at once by default; an answer that is the same for every request; or a step answers. */
  respondWith?: Response | "manual";
}

export interface Webhook<T = Request> extends Hook<T> {
  readonly url: string;
}

export interface RequestWithResponse extends Request {
  respondWith(response: Response): Promise<void>;
}

export interface CreateWebhook {
  (options: WebhookOptions & { respondWith: "manual" }): Webhook<RequestWithResponse>;
  (options?: WebhookOptions): Webhook;
}

export interface WorkflowMetadata {
  workflowRunId: string;
  /** The id of the workflow. */
  workflowName: string;
  workflowStartedAt: Date;
  /** Where the app can be reached. */
  url: string;
}

export interface StepMetadata {
  /** The same for all attempts: what an idempotency key is made of. */
  stepId: string;
  stepName: string;
  stepStartedAt: Date;
  /** From 1. */
  attempt: number;
  /** Aborted when the attempt has lost its right to go on. */
  signal: AbortSignal;
}

export interface WorkflowWritableStreamOptions {
  /** Which of the run's streams; without it the one that `run.readable` reads. */
  namespace?: string;
}

export type GetWritable = <W = unknown>(
  options?: WorkflowWritableStreamOptions,
) => WritableStream<W>;

export interface WorkflowApi {
  sleep: SleepFunction;
  createHook: CreateHook;
  createWebhook: CreateWebhook;
  defineHook: DefineHook;
  fetch: typeof fetch;
  getWorkflowMetadata: () => WorkflowMetadata;
  getWritable: GetWritable;
  getStepMetadata: () => StepMetadata;
  FatalError: typeof FatalError;
  RetryableError: typeof RetryableError;
}
