/** Steps that the owners of runs have no room for (E2). */

/**
 * Attempts that are in the log of a run as offered, until one session takes each. Whatever then becomes
 * of it is a message to the run, one for each: what `finish` says, or `StepOverMessage` with the outcome
 * `lost` when the session ends without a word (P3).
 */
export interface StepOffers {
  /** Those that were offered longest ago. They belong to the session then, until it finishes them. */
  take(session: string, limit: number): Promise<OfferedStep[]>;
  /** The body of the message. False if the attempt is not the session's: its run is over, say. */
  finish(session: string, attempt: OfferedAttempt, body: string): Promise<boolean>;
  /** Whether there are other processes that could take any, as far as this one knows. */
  readonly hasOthers: boolean;
  /** Called, maybe too often and maybe with delay, when there may be some; answers as `onDue` does. */
  listen(listener: () => Promise<void> | void): () => void;
}

export interface OfferedAttempt {
  runId: string;
  call: string;
  attempt: number;
}

export interface NewOffer extends Omit<OfferedAttempt, "runId"> {
  /** What whoever takes it needs to know. */
  body: string;
}

export interface OfferedStep extends OfferedAttempt {
  body: string;
}
