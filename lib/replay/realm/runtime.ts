/** What all durable calls of a realm share: the way out, the codec, and who waits for what. */
import { buildCallKey, type CallKey } from "../../contract/call";
import type { SerializationError } from "../../contract/error";
import type { Codec } from "../../codec/codec";
import { parseJson } from "../globals/intrinsics";
import { type CallsHost, type RunFacts, SIGNAL, type Signal } from "./sandbox-host";

const RealmPromise = Promise;

/**
 * Goes on with a call when the log says what became of it. Returns the promise that it
 * fulfils, if it does: that one needs no guard (R6).
 */
export type Continuation = (signal: Signal, text: string) => Promise<unknown> | void;

export class Runtime {
  private readonly counts = new Map<string, number>();
  private readonly continuations = new Map<CallKey, Continuation>();
  private knownFacts: RunFacts | undefined;

  constructor(
    readonly host: CallsHost,
    readonly codec: Codec,
  ) {}

  /** R4: the ordinal counts the calls of that name, so a call of another name changes nothing. */
  nextCall(name: string): CallKey {
    const ordinal = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, ordinal);
    return buildCallKey(name, ordinal);
  }

  onSignal(call: CallKey, continuation: Continuation): void {
    this.continuations.set(call, continuation);
  }

  forget(call: CallKey): void {
    this.continuations.delete(call);
  }

  deliver(call: CallKey, signal: Signal, text: string): Promise<unknown> | void {
    return this.continuations.get(call)?.(signal, text);
  }

  /** Settles when the log says how the call ended; `errorOf` makes of that what to reject with. */
  outcomeOf(call: CallKey, errorOf: (text: string) => unknown): Promise<unknown> {
    let resolve!: (value: unknown) => void;
    let reject!: (error: unknown) => void;
    const promise = new RealmPromise<unknown>((onValue, onError) => {
      resolve = onValue;
      reject = onError;
    });
    this.onSignal(call, (signal, text) => {
      this.forget(call);
      try {
        if (signal === SIGNAL.completed) {
          resolve(this.decode(text));
          return promise;
        }
        reject(errorOf(text));
      } catch (error) {
        reject(error);
      }
      return undefined;
    });
    return promise;
  }

  facts(): RunFacts {
    return (this.knownFacts ??= parseJson(this.host.facts()) as RunFacts);
  }

  /**
   * A value of the log. One that no code can read is not the workflow's business: the host parks the
   * run. What a class of the user refuses is.
   */
  decode(text: string): unknown {
    try {
      return this.codec.decode(text);
    } catch (error) {
      const { code, message } = error as SerializationError;
      if (code === "VALUE_UNREADABLE") this.host.cannotRead(message);
      throw error;
    }
  }
}
