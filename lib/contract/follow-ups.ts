/** Whoever has taken one and has not done it by then is not there any more. */
export const FOLLOW_UP_TAKEN_MS = 5_000;

/** What has to happen after an append, at least once, whoever does it. */
export interface FollowUps {
  /** Those that nobody has taken within the last FOLLOW_UP_TAKEN_MS, oldest first. */
  take(limit: number): Promise<FollowUp[]>;
  done(id: string): Promise<void>;
  /** To be taken when the run is over, however it ends; once for each id of a run. */
  atEnd(runId: string, id: string, body: string): Promise<AtEndOutcome>;
  /** Called, maybe too often and maybe with delay, when there may be something to take. */
  listen(listener: () => void): () => void;
}

/** `over`: the run is, so nothing was kept. */
export type AtEndOutcome = { status: "kept" } | { status: "over" } | { status: "not_found" };

export interface FollowUp {
  id: string;
  runId: string;
  body: string;
}
