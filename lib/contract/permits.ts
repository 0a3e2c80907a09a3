/**
 * Permits: of each name there are so many, for all processes together. Those of steps belong to
 * sessions, and go with them. Those of workflows belong to runs, which stand in line for them: first
 * come, first served.
 */
export interface Permits {
  /**
   * Gives permits of a session back, and says how many more it would use; gives how many it has then, or
   * null if the session is over. What is free goes to those who want more in turn, one at a time. Not
   * there where one process executes.
   */
  share?(session: string, request: PermitRequest): Promise<number | null>;
  /** Called, maybe too often and maybe not at all, when the session may have more of the name. */
  listenForPermits?(session: string, name: string, listener: () => void): () => void;
  /** Stands in line; true if the run has a permit. The limit counts from now on. */
  enter(name: string, limit: number, run: RunInLine): Promise<boolean>;
  /**
   * The run needs none any more, as far as that position of its log. Gives the runs that have been called
   * since: each has a permit, and is called again until it enters.
   */
  leave(name: string, run: RunInLine): Promise<Called[]>;
  /** The limit counts from now on, if it is given. Gives runs that were called, as `leave` does. */
  admit(name: string, limit?: number): Promise<Called[]>;
  /** Names for which somebody stands in line, or was called. */
  lines(): Promise<string[]>;
  /** Some of the runs that have a permit: not always the same, where there are many. */
  holders(name: string, most: number): Promise<string[]>;
  /** Where a run stands in line; null if it does not. */
  standing(name: string, runId: string): Promise<Standing | null>;
}

export interface PermitRequest {
  name: string;
  limit: number;
  /** Ascends with each request of the session for the name; one that was answered has no second effect. */
  turn: number;
  /** How many it gives back. */
  gives: number;
  /** How many it would use beside those that it keeps. */
  wants: number;
}

export interface RunInLine {
  runId: string;
  /** How many events its log holds: a run that is retried comes with more than it has left with. */
  position: number;
}

export interface Called {
  runId: string;
  /** Of its place in line. */
  number: number;
}

export interface Standing {
  limit: number;
  /** How many stand in line before it. */
  ahead: number;
}
