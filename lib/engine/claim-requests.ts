/**
 * What this process asks the world for, one claim after the other. One without an answer is made again
 * as it was and under its id, so that no run of it is lost (W8). What it is answered then may be as old
 * as the first time: what has become due since is for the next one.
 */
import { randomUUID } from "node:crypto";

export interface ClaimRequest {
  id: string;
  limit: number;
  /** The runs that it is about, due or not; those that are due unless given. */
  only: readonly string[] | undefined;
  /** It was made before, and nobody knows what became of it. */
  isRepeated: boolean;
}

export class ClaimRequests {
  /** Runs that are claimed by name, ahead of what is due. */
  private readonly wanted = new Set<string>();
  /** Tells the claims of this engine from those of others that may share its session. */
  private readonly name = randomUUID();
  private count = 0;
  private unanswered: ClaimRequest | null = null;

  want(runId: string): void {
    this.wanted.add(runId);
  }

  /** The one that was not answered yet, if there is one. */
  next(limit: number): ClaimRequest {
    if (this.unanswered) return (this.unanswered = { ...this.unanswered, isRepeated: true });
    const only = this.wanted.size > 0 ? [...this.wanted].slice(0, limit) : undefined;
    const id = `${this.name}.${this.count++}`;
    return (this.unanswered = { id, limit, only, isRepeated: false });
  }

  answered({ only = [] }: ClaimRequest): void {
    this.unanswered = null;
    for (const runId of only) this.wanted.delete(runId);
  }
}
