/**
 * The `AbortSignal` of one attempt, made when somebody asks for it: most steps never do, and one
 * costs as much as the rest of a small step.
 */
export class AttemptSignal {
  private controller: AbortController | null = null;
  private reason: unknown;
  private isAborted = false;

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  abort(reason: unknown): void {
    if (this.isAborted) return;
    this.isAborted = true;
    this.reason = reason;
    this.controller?.abort(reason);
  }
}
