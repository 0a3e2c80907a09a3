/**
 * The one seam between the code inside the sandbox's realm and the host. Only strings, numbers and
 * `undefined` cross it (R2). No function of it may throw, and none may be reachable from user code.
 */
import type { CallKey } from "../../contract/call";
import type { Encoded } from "../../contract/event";
import type { GlobalsHost } from "./globals-host";

/** What an entry into the realm is about. */
export const SIGNAL = {
  /** The workflow begins; the call is its id, the text its arguments. */
  start: 0,
  /** The text is the result of a step; a wait has none. */
  completed: 1,
  /** The text is a `Failure` as JSON; of another run, why it has no result. */
  failed: 2,
  /** The text is a payload for a hook. */
  received: 3,
  /** The hook's token belongs to another; the text is that run's id, or empty. */
  conflicted: 4,
  /** The hook is in the log, and its token belongs to it. */
  owned: 5,
  /** The text is a payload that a schema has made what it is. */
  receivedChecked: 6,
} as const;

export type Signal = (typeof SIGNAL)[keyof typeof SIGNAL];

/** What is known of a hook's token when the workflow asks. */
export const TOKEN_STATE = { undecided: 0, owned: 1 } as const;

export interface SandboxHost extends Omit<GlobalsHost, "random"> {
  signal(): number;
  signalCall(): CallKey;
  signalText(): string;
  step(
    call: CallKey,
    input: Encoded,
    receiver: Encoded | undefined,
    captured: Encoded | undefined,
  ): void;
  wait(call: CallKey, digest: string, dueAt: number): void;
  cancelWait(call: CallKey): void;
  /** `token` is a custom one, if any; gives the token. The rest is a `HookDescription`, in pieces. */
  hook(
    call: CallKey,
    digest: string,
    token: string | undefined,
    name: string,
    label: string | undefined,
    metadata: Encoded | undefined,
    respondWith: string | undefined,
    response: Encoded | undefined,
    schema: string | undefined,
    /** 1 for a hook that takes one payload. */
    once: number,
  ): string;
  disposeHook(call: CallKey): void;
  /** Waits for the end of another run. */
  child(call: CallKey, runId: string): void;
  /** Somebody waits to hear whose the token is; answers with a `TOKEN_STATE`. */
  watchHook(call: CallKey): number;
  complete(output: Encoded): void;
  /** A `Failure`, in pieces. */
  fail(
    name: string,
    message: string,
    stack: string | undefined,
    code: string | undefined,
    value: Encoded,
  ): void;
  /** A value of the log that no code can read; the text says why. The run cannot go on. */
  cannotRead(why: string): void;
  /** A `RunFacts` as JSON. */
  facts(): string;
  /** How many more passes through loop heads until it wants to be asked again; 0 to end the entry. */
  tick(): number;
  /** The entry is being ended; where the code was, if that is known. */
  blockedAt(stack: string): void;
}

/** What the durable calls use of it; the globals have their own part. */
export const CALLS_METHODS = [
  ...(["signal", "signalCall", "signalText", "step", "wait", "cancelWait", "hook"] as const),
  ...([
    "disposeHook",
    "child",
    "watchHook",
    "complete",
    "fail",
    "cannotRead",
    "facts",
    "now",
  ] as const),
  ...(["tick", "blockedAt"] as const),
];

export type CallsHost = Pick<SandboxHost, (typeof CALLS_METHODS)[number]>;

export interface RunFacts {
  runId: string;
  workflow: string;
  startedAt: number;
  /** Without a slash at its end. */
  url: string;
  /** Of `run_started`. */
  webhookTokens?: "generated";
  /** The file name under which the bundle was compiled. */
  bundleName: string;
}
